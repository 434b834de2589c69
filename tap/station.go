package tap

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// feed is what came from a probe since the last turn.
type feed struct {
	probe  *mixer.Probe
	block  []float32
	frames int
	lost   int
	used   bool // by a station
}

// read fetches all that the probe holds.
func (f *feed) read() {
	f.frames, f.lost = 0, 0
	for {
		channels := f.probe.Format().Channels
		if len(f.block) < (f.frames+blockFrames)*channels {
			f.block = append(f.block, make([]float32, blockFrames*channels)...)
		}
		n, lost := f.probe.Read(f.block[f.frames*channels:])
		f.frames, f.lost = f.frames+n, f.lost+int(lost)
		if n == 0 {
			return
		}
	}
}

// blockFrames is how many frames a block has room for, at first.
const blockFrames = 2048

// station is a place with those who listen there.
type station struct {
	place     Place
	listeners []*Listener
	feeds     []*feed // of now; several programs at an end are summed
	sum       []float32
}

// format returns what is heard: the format of the first program. No channels: nothing.
func (s *station) format() (f audio.Format) {
	if len(s.feeds) > 0 {
		f = s.feeds[0].probe.Format()
		f.Encoding = 0
	}
	return f
}

// serve gives the listeners what came since the last turn.
func (s *station) serve() {
	f := s.format()
	for _, l := range s.listeners {
		if !l.begun || l.f != f {
			l.begun, l.f = true, f
			l.ear.Begin(f)
		}
	}
	if f.Channels == 0 {
		return
	}
	block, lost := s.heard(f)
	if len(block) == 0 && lost == 0 {
		return
	}
	for _, l := range s.listeners {
		l.ear.Hear(block, lost)
	}
}

// turn tells those who want to know that a turn is over.
func (s *station) turn() {
	for _, l := range s.listeners {
		if t, wants := l.ear.(Turner); wants {
			t.Turn()
		}
	}
}

// heard returns the sum of all programs. They begin in different cycles and are late by themselves, so the sum is right
// to within a turn of the hub, which is enough for levels. A program of another format than the first is not heard.
func (s *station) heard(f audio.Format) (block []float32, lost int) {
	if len(s.feeds) == 1 {
		one := s.feeds[0]
		return one.block[:one.frames*f.Channels], one.lost
	}
	longest := 0
	for _, o := range s.feeds {
		longest = max(longest, o.frames)
	}
	if n := longest * f.Channels; n > len(s.sum) {
		s.sum = make([]float32, n)
	}
	block = s.sum[:longest*f.Channels]
	clear(block)
	for _, o := range s.feeds {
		if of := o.probe.Format(); of.Rate == f.Rate && of.Channels == f.Channels {
			mixer.Add(block, o.block[:o.frames*f.Channels])
			lost += o.lost
		}
	}
	return block, lost
}
