package line

import (
	"math"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/servo"
)

// BridgeStatus is what a bridge says of itself. Any goroutine may read it; the zero value is ready.
type BridgeStatus struct {
	Paused  atomic.Bool   // set by control: nothing is to flow
	Flowing atomic.Bool   // sound of the source is written
	Frames  atomic.Uint64 // written while it flowed
	Missing atomic.Uint64 // of these, silence because the source had too few
	servo   [12]atomic.Uint64
	writes  atomic.Uint64 // of servo: odd while one is going on
}

// Publish stores what a cycle has done that read so many frames.
func (b *Bridge) Publish(frames int) {
	s := b.status
	if s.Flowing.Load() != b.flowing {
		s.Flowing.Store(b.flowing)
	}
	if b.flowing {
		s.Frames.Add(uint64(frames))
	}
	if b.servo != nil {
		s.store(b.servo.State())
	}
}

func (s *BridgeStatus) store(v servo.ServoState) {
	s.writes.Add(1)
	for i, word := range [len(s.servo)]uint64{
		math.Float64bits(v.Target), uint64(v.State), uint64(v.Reason), uint64(v.Since), uint64(v.Acquired), uint64(v.Now),
		math.Float64bits(v.Ratio), math.Float64bits(v.Latency), math.Float64bits(v.Least), math.Float64bits(v.Most),
		v.Resyncs, v.Unlocks,
	} {
		s.servo[i].Store(word)
	}
	s.writes.Add(1)
}

// Servo returns the state of the bridge's servo. ok: it has one, and has run.
func (s *BridgeStatus) Servo() (v servo.ServoState, ok bool) {
	for {
		before := s.writes.Load()
		if before == 0 {
			return v, false
		}
		var w [len(s.servo)]uint64
		for i := range w {
			w[i] = s.servo[i].Load()
		}
		if before%2 == 0 && s.writes.Load() == before {
			return servo.ServoState{
				Target: math.Float64frombits(w[0]), State: servo.State(w[1]), Reason: servo.Reason(w[2]),
				Since: int64(w[3]), Acquired: int64(w[4]), Now: int64(w[5]),
				Ratio: math.Float64frombits(w[6]), Latency: math.Float64frombits(w[7]),
				Least: math.Float64frombits(w[8]), Most: math.Float64frombits(w[9]), Resyncs: w[10], Unlocks: w[11],
			}, true
		}
	}
}
