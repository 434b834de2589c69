package mixer

import "github.com/loopbridge/loopbridge/audio"

// Monitor mixes what is recorded into what is played: monitor_gain. It starts silent. The Fader
// behind it mutes the output.
type Monitor struct {
	fader   *Fader
	mix     *audio.ChannelMix
	room    []float32 // a block with the channels of the play side
	setting Setting
}

// NewMonitor returns a Monitor that converts the channels of the record side to those of the play
// side with x, usually from audio.DefaultMatrix. frames is the period.
func NewMonitor(x *audio.ChannelMix, frames int) *Monitor {
	s := Setting{Gain: 0, Balance: MidBalance}
	return &Monitor{NewFader(x.Out(), s), x, make([]float32, frames*x.Out()), s}
}

// Set sets the gain, 0..MaxGain, that the next block ramps to.
func (m *Monitor) Set(gain int) {
	m.setting.Gain = gain
	m.fader.Set(m.setting)
}

// Jump is Fader.Jump, for a cycle in which nothing was recorded or played.
func (m *Monitor) Jump() { m.fader.Jump() }

// Silent reports whether Mix has nothing to add.
func (m *Monitor) Silent() bool { return m.fader.Silent() }

// Mix adds record, frames with the input channels of the channel mix, to the start of play, which
// has its output channels and room for as many frames. A block longer than the period is done in
// pieces, and a ramp ends with the first.
func (m *Monitor) Mix(play, record []float32) {
	if m.fader.Silent() {
		return
	}
	most := len(m.room) / m.mix.Out()
	for len(record) > 0 {
		frames := min(len(record)/m.mix.In(), most)
		in, out := frames*m.mix.In(), frames*m.mix.Out()
		m.mix.Apply(m.room[:out], record[:in])
		m.fader.Mix(play[:out], m.room[:out])
		record, play = record[in:], play[out:]
	}
}

// State returns the state between two blocks. It allocates.
func (m *Monitor) State() FaderState { return m.fader.State() }

// Restore makes m go on from a state, under the gain that it had; it reports whether it has as many channels.
func (m *Monitor) Restore(s FaderState, gain int) bool {
	m.setting.Gain = gain
	return m.fader.Restore(s)
}
