package top

import (
	"math"
	"time"

	"github.com/loopbridge/loopbridge/api"
)

const (
	floor      = -60.0                   // dBFS at which a bar begins
	holdFor    = 1500 * time.Millisecond // how long the mark of a peak stays
	offsetOver = 3 * time.Second         // how long DC is averaged
	fallRate   = 20.0                    // dB per second, by which bars and marks fall after that
)

// level is a channel as a person reads it: what it is now falls slowly, so that short peaks are seen.
type level struct {
	peak, rms float64 // dBFS, −Inf: silence
	shown     float64 // the bar of the peak
	hold      float64
	held      time.Duration // since the mark was last raised
	most      float64       // since the maxima were reset
	truePeak  float64       // the same, of the true peak, in dBTP
}

// meter is what a place sounds like, and sounded like since the maxima were reset.
type meter struct {
	heard    bool // something can be heard there now
	channels []level
	last     api.LiveMeter
	dc       []float64 // by channel, of the last seconds, in millionths of full scale
	clipped  uint64    // samples since the maxima were reset
	loudest  *float64  // greatest momentary loudness since then, LUFS
}

func silent() float64 { return math.Inf(-1) }

func decibels(hundredths []*int, i int) float64 {
	if i >= len(hundredths) || hundredths[i] == nil {
		return silent()
	}
	return float64(*hundredths[i]) / 100
}

// hear takes a reading, of so long; nil: nothing can be heard.
func (m *meter) hear(r *api.LiveMeter, since time.Duration) {
	m.heard = r != nil
	if r == nil {
		*m = meter{clipped: m.clipped, loudest: m.loudest}
		return
	}
	if len(m.channels) != len(r.Peak) {
		m.channels = make([]level, len(r.Peak))
		for i := range m.channels {
			m.channels[i] = level{shown: silent(), hold: silent(), most: silent(), truePeak: silent()}
		}
	}
	for i := range m.channels {
		m.channels[i].hear(decibels(r.Peak, i), decibels(r.RMS, i), decibels(r.TruePeak, i), since)
	}
	m.offset(r.DC, since)
	m.last, m.clipped = *r, m.clipped+r.Clipped
	if r.Momentary != nil {
		now := float64(*r.Momentary) / 100
		if m.loudest == nil || now > *m.loudest {
			m.loudest = &now
		}
	}
}

// offset takes DC offsets into account; low tones look like some for a moment.
func (m *meter) offset(now []int, since time.Duration) {
	if len(m.dc) != len(m.channels) {
		m.dc = make([]float64, len(m.channels))
	}
	for i := range m.dc {
		x := 0.0
		if i < len(now) {
			x = float64(now[i])
		}
		m.dc[i] += (x - m.dc[i]) * min(1, since.Seconds()/offsetOver.Seconds())
	}
}

func (l *level) hear(peak, rms, truePeak float64, since time.Duration) {
	fall := fallRate * since.Seconds()
	l.peak, l.rms = peak, rms
	l.shown = max(peak, l.shown-fall)
	l.most, l.truePeak = max(l.most, peak), max(l.truePeak, truePeak)
	switch l.held += since; {
	case peak >= l.hold:
		l.hold, l.held = peak, 0
	case l.held > holdFor:
		l.hold = max(peak, l.hold-fall)
	}
}

// loudest returns the highest peak of all channels now, in dBFS.
func (m *meter) peak() float64 {
	p := silent()
	for _, c := range m.channels {
		p = max(p, c.shown)
	}
	return p
}

// most returns the highest peak since the maxima were reset.
func (m *meter) most() float64 {
	p := silent()
	for _, c := range m.channels {
		p = max(p, c.most)
	}
	return p
}

// reset forgets what was.
func (m *meter) reset() {
	m.clipped, m.loudest = 0, nil
	for i := range m.channels {
		c := &m.channels[i]
		c.most, c.truePeak, c.hold = silent(), silent(), c.peak
	}
}
