package hwtest_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
	"github.com/loopbridge/loopbridge/mixer"
)

// gainActs sets gain, balance and mute, which software does, or the card as far as it can.
func gainActs(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		for _, volume := range []string{"software", "hardware"} {
			b.gains(ear, volume)
		}
		if ear.Volume == "" {
			b.say("its emulation has no volume that acts: software's part is heard, its own read back")
		}
	}
}

// gains judges them by what is heard.
func (b *bench) gains(ear plan.Ear, volume string) {
	name := of(ear.Open[0], "Playback Volume")
	d := b.daemon(ear, fmt.Sprintf("volume = %q", volume), fmt.Sprintf("play.volume = %q", name))
	t := b.tape(ear)
	defer d.stop()
	defer d.plays(t)()
	before := b.panel().String()
	var said []string
	step := func(gain, balance, mute int) {
		b.Helper()
		d.set(fmt.Sprintf("play.gain=%d", gain), fmt.Sprintf("play.balance=%d", balance), fmt.Sprintf("output_muted=%d", mute))
		what := fmt.Sprint(gain)
		if balance != mixer.MidBalance {
			what += fmt.Sprint(" balance ", balance)
		}
		now := b.panel()
		want := both(emulated(ear, now))
		left, right := mixer.Balance(gain, balance)
		for c, g := range []int{left, right} {
			want[c] += mixer.Decibels(g)
		}
		if volume == "hardware" { // of the gain, software does what the card has not promised to do
			promised := b.promised(now[name], gain)
			want[0], want[1] = want[0]-promised, want[1]-promised
			what += fmt.Sprintf(" (card %.2f dB)", promised)
		}
		if mute == 1 {
			what, want = what+" muted", both(math.Inf(-1))
		}
		said = append(said, d.hears(t, what, want))
	}
	for _, gain := range []int{255, 128, 64, 0} {
		step(gain, mixer.MidBalance, 0)
	}
	step(128, 16, 0)
	step(128, 16, 1)
	if after := b.panel().String(); volume == "software" && after != before {
		b.Errorf("software changes the card's controls from\n%s\nto\n%s", before, after)
	}
	b.say("hw:%s,%d %s: %s", b.card.ID, ear.PCM, volume, strings.Join(said, ", "))
}

// promised is the level in dB of a volume, by its scale, and fails unless it is that of the
// step at or above a gain.
func (b *bench) promised(volume knob, gain int) (dB float64) {
	b.Helper()
	dB = volume.Scale.Decibels(volume.values[0])
	low, high := volume.Scale.Range()
	want := max(mixer.Decibels(gain), low)
	step := (high - low) / float64(volume.Max-volume.Min)
	if dB < want-0.01 || dB > want+step {
		b.Errorf("gain %d: %s is at %.2f dB, want %.2f or the next step above", gain, volume.ID, dB, want)
	}
	return dB
}
