// Package quota limits how often something may happen.
package quota

import (
	"sync"
	"time"
)

// Window allows Limit events in any span of Every.
type Window struct {
	Limit int
	Every time.Duration

	mu     sync.Mutex
	events []time.Time
}

// Allow tells whether an event may happen now, and counts it if so.
func (w *Window) Allow(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(now.Add(-w.Every))
	if len(w.events) > w.Limit {
		return false
	}
	w.events = append(w.events, now)
	return true
}

func (w *Window) forget(until time.Time) {
	for len(w.events) > 0 && !w.events[0].After(until) {
		w.events = w.events[1:]
	}
}
