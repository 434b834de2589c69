package loop

import (
	"testing"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// BenchmarkTiming is what the measurement adds to a cycle.
func BenchmarkTiming(b *testing.B) {
	clock := sleep.NewMonotonic()
	for name, now := range map[string]func() int64{"on": clock.Now, "off": nil} {
		b.Run(name, func(b *testing.B) {
			t := Timing{now: now}
			b.ReportAllocs()
			for b.Loop() {
				woke := t.wake()
				t.count(&backend.Tick{Time: woke}, woke, true)
			}
		})
	}
}
