package sched

import (
	"testing"

	"github.com/rs/zerolog"
)

// TestRealtimeBelow: on one processor the thread of a library cannot hold up other devices.
func TestRealtimeBelow(t *testing.T) {
	r := New(zerolog.Nop())
	for _, device := range []string{"main", "other"} {
		r.settle(device, nil, "real-time")
		for processors := 1; processors <= 2; processors++ {
			want := rtPriority
			if device == "other" && processors == 1 {
				want--
			}
			if got := r.belowLocked(processors); got != want {
				t.Errorf("%d devices on %d processors: priority %d, want %d", len(r.states), processors, got, want)
			}
		}
	}
}
