package mixer

import "github.com/loopbridge/loopbridge/audio"

// Monitor lets what is recorded be heard in what is played: monitor_gain (D20). It
// begins silent. The mute of the output is the Fader behind it.
type Monitor struct {
	fader   *Fader
	mixer   *audio.ChannelMix
	room    []float32 // a block with the channels that are played
	setting Setting
}

// NewMonitor is a Monitor that brings the channels of the record side to those of the
// play side by x, usually that of audio.DefaultMatrix. frames is the period.
func NewMonitor(x *audio.ChannelMix, frames int) *Monitor {
	s := Setting{Gain: 0, Balance: MidBalance}
	return &Monitor{NewFader(x.Out(), s), x, make([]float32, frames*x.Out()), s}
}

// Set is the gain, 0..MaxGain, that the next block goes to, as of a Fader.
func (m *Monitor) Set(gain int) {
	m.setting.Gain = gain
	m.fader.Set(m.setting)
}

// Jump is that of the Fader: for a cycle in which nothing was recorded or played.
func (m *Monitor) Jump() { m.fader.Jump() }

// Silent reports whether Mix has nothing to do.
func (m *Monitor) Silent() bool { return m.fader.Silent() }

// Mix adds the block record, of frames with the input channels of the mixer, to the
// start of play, which has its output channels and room for as many frames. A block
// longer than the period is done in pieces, and a ramp ends with the first.
func (m *Monitor) Mix(play, record []float32) {
	if m.fader.Silent() {
		return
	}
	most := len(m.room) / m.mixer.Out()
	for len(record) > 0 {
		frames := min(len(record)/m.mixer.In(), most)
		in, out := frames*m.mixer.In(), frames*m.mixer.Out()
		m.mixer.Apply(m.room[:out], record[:in])
		m.fader.Mix(play[:out], m.room[:out])
		record, play = record[in:], play[out:]
	}
}
