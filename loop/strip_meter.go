package loop

import (
	"math"
	"slices"

	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// newMeter is for an end with the format and the settings that it has now. The caller holds
// loop.mu.
func (e *End) newMeter() *line.Meter {
	f := e.Format
	f.Positions = e.stand()
	return line.NewMeter(f, e.dir == pcm.Write, e.settings()...)
}

// refadeMeter brings what is set of an end to its meter, between two cycles. Without a line
// the next look makes a new one. The caller holds loop.mu.
func (e *End) refadeMeter() (change func()) {
	m := e.Meter.Load()
	switch {
	case m == nil || e.dir == pcm.Read:
		return nil
	case e.session == nil:
		e.Meter.Store(nil)
		return nil
	}
	settings := e.settings()
	return func() { m.Fade(settings...) }
}

// Levels reads the meters of the end, and resets them: what was written (Play) or read
// (Record) since they were read before, behind the controls of the end; nothing at the first
// look. They are those of the program's format. Of several clients each channel is that of the
// loudest one, and frames are those of the one that moved most.
func (s *Strip) Levels() device.Levels {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	var l device.Levels
	for _, e := range s.ends() {
		m := e.Meter.Load()
		if m == nil {
			m = e.newMeter()
			e.Meter.Store(m)
		}
		to := &l.Play
		if e.dir == pcm.Read {
			to = &l.Record
		}
		r := m.Look()
		join(to, &r)
	}
	return l
}

// join makes all the louder of both.
func join(all, one *mixer.Reading) {
	louder := func(a, b mixer.Level) mixer.Level {
		return mixer.Level{Peak: math.Max(a.Peak, b.Peak), RMS: math.Max(a.RMS, b.RMS)}
	}
	if len(all.Channels) == 0 {
		all.Overall = one.Overall
	}
	for c, level := range one.Channels {
		if c == len(all.Channels) {
			all.Channels = slices.Insert(all.Channels, c, level)
		}
		all.Channels[c] = louder(all.Channels[c], level)
	}
	all.Overall = louder(all.Overall, one.Overall)
	all.Frames = max(all.Frames, one.Frames)
	all.Clipped += one.Clipped
}
