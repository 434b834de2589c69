package loop

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// endMeter measures what a program writes or reads, behind the controls of its own end, as
// long as somebody looks at it: in the ring, so that it knows nothing of lines. What a program
// reads has been through them all; what it writes goes through fader, which is for the meter
// alone.
//
//	program ─▶ ring ─┬─▶ play gain ─▶ record gain ─▶ ring ─┬─▶ program
//	                 └─▶ fader ─▶ meter            meter ◀─┘
//
// The engine's goroutine owns it, but for what Meter says and left.
type endMeter struct {
	meter    *mixer.Meter
	fader    *mixer.Fader // nil: the end reads
	encoding audio.Encoding
	channels int
	block    []float32
	left     atomic.Int64 // frames for which to go on
}

const (
	meterBlock  = 256 // frames at once
	meterLooked = 10  // seconds for which a look keeps a meter going
)

// newEndMeter is for an end with the format and the settings that it has now. The caller holds
// loop.mu.
func (e *End) newEndMeter() *endMeter {
	f := e.format
	f.Positions = e.stand()
	m := &endMeter{meter: mixer.NewMeter(f.Channels), encoding: f.Encoding, channels: f.Channels, block: make([]float32, meterBlock*f.Channels)}
	if e.dir == pcm.Write {
		m.fader = mixer.NewFaderFor(f, e.settings()...)
	}
	return m
}

// watched is the meter of an end if somebody looks at it, else nil.
func (e *End) watched() *endMeter {
	m := e.meter.Load()
	if m == nil || m.left.Load() <= 0 {
		return nil
	}
	return m
}

// measure is for whole frames of the ring.
func (m *endMeter) measure(frames []byte) {
	size := m.encoding.Bytes()
	m.left.Add(-int64(len(frames) / (size * m.channels)))
	for len(frames) > 0 {
		n := min(len(frames)/size, len(m.block))
		block := m.block[:n]
		m.encoding.Decode(block, frames[:n*size])
		frames = frames[n*size:]
		if m.fader != nil {
			m.fader.Apply(block, block)
		}
		m.meter.Measure(block)
	}
}

// refadeMeter brings what is set of an end to its meter, between two cycles. Without a line
// the next look makes a new one. The caller holds loop.mu.
func (e *End) refadeMeter() (change func()) {
	m := e.meter.Load()
	switch {
	case m == nil || m.fader == nil:
		return nil
	case e.line == nil:
		e.meter.Store(nil)
		return nil
	}
	settings := e.settings()
	return func() { m.fader.Set(settings...) }
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
		m := e.meter.Load()
		if m == nil {
			m = e.newEndMeter()
			e.meter.Store(m)
		}
		m.left.Store(int64(meterLooked * e.format.Rate))
		to := &l.Play
		if e.dir == pcm.Read {
			to = &l.Record
		}
		var r mixer.Reading
		m.meter.Read(&r)
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
