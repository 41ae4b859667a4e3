package quota

import (
	"testing"
	"time"
)

var noon = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

func TestWindow(t *testing.T) {
	w := &Window{Limit: 2, Every: time.Minute}
	for i, step := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {10 * time.Second, true}, {20 * time.Second, false}, {60 * time.Second, true}, {61 * time.Second, false}} {
		if got := w.Allow(noon.Add(step.after)); got != step.want {
			t.Errorf("step %d: got %v, want %v", i, got, step.want)
		}
	}
}

func TestNothingIsAllowed(t *testing.T) {
	if (&Window{Every: time.Second}).Allow(noon) {
		t.Error("an empty window let somebody in")
	}
}

func TestForgets(t *testing.T) {
	w := &Window{Limit: 1, Every: time.Second, events: []time.Time{noon}}
	w.forget(noon)
	if len(w.events) != 0 {
		t.Fatalf("%d events are left, want %d", len(w.events), 0)
	}
}
