//go:build portaudio && cgo

package portaudio_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/backend/portaudio"
)

// made is what was allocated so far below some functions, where everything is recorded: by
// themselves, and to fill a sync.Pool, which garbage collection has emptied.
type made struct {
	own, pooled int64
	stacks      map[string]int64 // of own
}

func allocations(functions ...string) (m made) {
	runtime.GC() // a profile is as of the last but one
	runtime.GC()
	n, _ := runtime.MemProfile(nil, true)
	records := make([]runtime.MemProfileRecord, n+100)
	n, _ = runtime.MemProfile(records, true)
	m.stacks = make(map[string]int64)
	for _, r := range records[:n] {
		var names strings.Builder
		for frames, more := runtime.CallersFrames(r.Stack()), true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			names.WriteString(f.Function + "\n")
		}
		stack := names.String()
		switch {
		case !slices.ContainsFunc(functions, func(f string) bool { return strings.Contains(stack, f) }):
		case strings.Contains(stack, "sync.(*Pool)"):
			m.pooled += r.AllocObjects
		default:
			m.own += r.AllocObjects
			m.stacks[stack] += r.AllocObjects
		}
	}
	return m
}

// TestCallbackAllocates: callbacks, and the cycles of an engine, make no garbage.
func TestCallbackAllocates(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	if !alone(t) {
		return
	}
	// The binding calls by reflection, which keeps room for arguments until garbage is
	// collected, and for some time on each of Go's processors.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	startJack(t, 192000, 64)
	l := load(t)
	for name, side := range map[string]struct{ play, record bool }{
		"duplex": {true, true}, "play": {true, false}, "record": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := wish(side.play, side.record)
			w.Format.Rate, w.Period = 192000, 64
			s, err := l.Open(w, portaudio.Options{Name: "JACK:system"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
			runtime.MemProfileRate = 1
			const callbacks = 9000
			functions := []string{"portaudio.streamCallback", "(*guard).Wait", "(*guard).Read", "(*guard).Write"}
			before := allocations(functions...)
			if err := drive(s, callbacks*64); err != nil {
				t.Fatal(err)
			}
			after := allocations(functions...)
			own, pooled, pools := after.own-before.own, after.pooled-before.pooled, 8*int64(runtime.GOMAXPROCS(0))
			t.Logf("%d allocations in %d callbacks, and %d in pools", own, callbacks, pooled)
			if own > 0 || pooled > pools {
				t.Errorf("want none, and %d in pools: %v", pools, after.stacks)
			}
		})
	}
}
