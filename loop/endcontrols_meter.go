package loop

import (
	"math"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// newMeterLocked returns a meter for the end's format and settings.
func (e *End) newMeterLocked() *line.Meter {
	f := e.Format
	f.Positions = e.positionsLocked()
	return line.NewMeter(f, e.dir == pcm.Write, e.faderSettingsLocked()...)
}

// refadeMeterLocked returns a function that gives the end's settings to its meter, between two
// cycles, or nil. Without a line it drops the meter, and the next Levels makes a new one.
func (e *End) refadeMeterLocked() (change func()) {
	m := e.Meter.Load()
	switch {
	case m == nil || e.dir == pcm.Read:
		return nil
	case e.session == nil:
		e.Meter.Store(nil)
		return nil
	}
	settings := e.faderSettingsLocked()
	return func() { m.Fade(settings...) }
}

// meterLocked returns the meter of the end, and makes it first if there is none.
func (e *End) meterLocked() *line.Meter {
	m := e.Meter.Load()
	if m == nil {
		m = e.newMeterLocked()
		e.Meter.Store(m)
	}
	return m
}

// Probes implements Subject: in the program's format, after the controls of the end, one for each program that plays, or
// records, there.
func (s *EndControls) Probes(side audio.Direction, room time.Duration) (all []*mixer.Probe) {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	for _, e := range s.endsLocked() {
		if (e.dir == pcm.Write) == (side == audio.Play) {
			all = append(all, e.meterLocked().Probe(room))
		}
	}
	return all
}

// Levels implements Subject: in the program's format, after the controls of the end. With several clients,
// each channel has the level of the loudest, and frames are those of the client that moved most.
func (s *EndControls) Levels() device.Levels {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	var l device.Levels
	for _, e := range s.endsLocked() {
		to := &l.Play
		if e.dir == pcm.Read {
			to = &l.Record
		}
		r := e.meterLocked().Look()
		join(to, &r)
	}
	return l
}

// join adds one to all, keeping the louder of both.
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
