package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestCount(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want map[string]int
	}{
		"nothing": {"", map[string]int{}},
		"marks":   {"one, two; one.\ntwo", map[string]int{"one": 2, "two": 2}},
		"case":    {"The the THE", map[string]int{"the": 3}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Count(strings.NewReader(c.text)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestTop(t *testing.T) {
	got := Top(map[string]int{"b": 2, "a": 2, "c": 5, "d": 1}, 3)
	if want := []string{"c", "a", "b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
