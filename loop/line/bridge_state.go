package line

import (
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/servo"
)

// BridgeState is what a Bridge knows beside its options: plain data for another process.
type BridgeState struct {
	Converter       convert.State
	Fader           mixer.FaderState
	There           servo.Estimate
	Servo           *servo.ServoState // nil: it has none
	Offset          int64
	Flowing, Ending bool
	Wait, Owed      int
	Frames, Missing uint64 // as in BridgeStatus
}

func (b *Bridge) state() BridgeState {
	s := BridgeState{
		Converter: b.converter.State(), Fader: b.fader.State(), There: b.there, Offset: b.offset,
		Flowing: b.flowing, Ending: b.ending, Wait: b.wait, Owed: b.owed,
		Frames: b.status.Frames.Load(), Missing: b.status.Missing.Load(),
	}
	if b.servo != nil {
		v := b.servo.State()
		s.Servo = &v
	}
	return s
}

// restore reports whether the state fits.
func (b *Bridge) restore(s *BridgeState) bool {
	if (b.servo != nil) != (s.Servo != nil) || !b.converter.Restore(s.Converter) || !b.fader.Restore(s.Fader) {
		return false
	}
	if b.servo != nil {
		b.servo = servo.Restore(*s.Servo)
		b.status.store(*s.Servo)
	}
	b.there, b.offset, b.flowing, b.ending, b.wait, b.owed = s.There, s.Offset, s.Flowing, s.Ending, s.Wait, s.Owed
	b.status.Frames.Store(s.Frames)
	b.status.Missing.Store(s.Missing)
	b.status.Flowing.Store(s.Flowing)
	return true
}
