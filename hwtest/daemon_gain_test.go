package hwtest_test

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
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
	before := b.panel()
	var said []string
	step := func(gain, balance, mute int) {
		b.Helper()
		d.set(fmt.Sprintf("play.gain=%d", gain), fmt.Sprintf("play.balance=%d", balance), fmt.Sprintf("output_muted=%d", mute))
		what := fmt.Sprint(gain)
		if balance != mixer.MidBalance {
			what += fmt.Sprint(" balance ", balance)
		}
		if volume == "hardware" {
			d.arrives(name, gain)
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
	if volume == "hardware" { // its switch, too; and as it was for those who come after
		own := of(ear.Open[0], "Playback Switch")
		d.until("has turned "+own+" off", func() bool { return !b.panel().on(own) })
		step(255, mixer.MidBalance, 0)
		if !b.panel().on(own) {
			b.Errorf("output_muted=0 has left %s off", own)
		}
	}
	if changed := b.panel().differs(before); volume == "software" && len(changed) > 0 {
		b.Errorf("software has changed %s", strings.Join(changed, ", "))
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

// showsOtherMixer turns the card's volume and a switch while the daemon runs.
func showsOtherMixer(b *bench) {
	ear := b.card.Ears[0]
	outputs, settings := b.outputs("line_out")
	b.open(ear)
	name := of(ear.Open[0], "Playback Volume")
	d := b.daemon(ear, append(settings, `volume = "hardware"`, fmt.Sprintf("play.volume = %q", name))...)
	events := d.events()
	t := b.tape(ear)
	defer d.stop()
	defer d.plays(t)()
	d.set("play.gain=100", "play.port="+outputs[0].port) // of which software does a part
	d.until("has moved the volume all the way", func() bool {
		volume := b.panel()[name]
		low, high := volume.Scale.Range()
		step := (high - low) / float64(volume.Max-volume.Min)
		return volume.Scale.Decibels(volume.values[0]) <= max(mixer.Decibels(100), low)+step
	})

	b.amixer("sset", ear.Open[0], "75%")
	now := b.panel()
	dB := now[name].Scale.Decibels(now[name].values[0])
	gain := fmt.Sprint(mixer.FromDecibels(dB))
	d.until("tells of the volume", func() bool { return events.of("play.gain") == gain })
	if got := fmt.Sprint(d.info().Play.Gain); got != gain {
		b.Errorf("%s is at %.2f dB, and play.gain=%s, want %s", name, dB, got, gain)
	}
	b.say("%s", d.hears(t, fmt.Sprintf("%s at %.2f dB: play.gain=%s", ear.Open[0], dB, gain), both(emulated(ear, now))))

	b.amixer("cset", element(outputs[1].sw), "on")
	port := outputs[0].port + "+" + outputs[1].port
	d.until("tells of the switch", func() bool { return events.of("play.port") == `"`+port+`"` })
	b.say("%s on: %s", outputs[1].sw, d.routed(ear, port, port, outputs))
	b.nothingActs(ear)
}

// givesSettingsBack changes all that the daemon can change, and looks at what is left of it.
func givesSettingsBack(b *bench) {
	before := b.panel()
	if !b.card.Lab || len(before) == 0 {
		b.without("it has no mixer, or no daemon here")
	}
	settings := []string{"restore = true", `volume = "hardware"`, `monitor = "hardware"`}
	_, err := os.Stat("/proc/asound/" + b.card.ID + "/pcm0c")
	if err == nil {
		settings = append(settings, "record = {}")
	}
	d := b.daemon(plan.Ear{Rate: 48000}, settings...)
	d.set("play.gain=100", "play.port="+d.info().Play.AvailPorts.Names(audio.Play))
	if err == nil {
		s := d.info().Record
		last := s.ModPorts // one input, another one than before
		for p := range last.All() {
			last = p
		}
		d.set("record.gain=100", "monitor_gain=200", "record.port="+(last|s.AvailPorts&^s.ModPorts).Names(audio.Record))
	}
	changed := b.panel().differs(before)
	d.stop()
	if len(changed) == 0 {
		b.Errorf("nothing was changed")
	}
	if left := b.panel().differs(before); len(left) > 0 {
		b.Errorf("not restored: %s", strings.Join(left, ", "))
	}
	b.say("restored: %s", strings.Join(changed, ", "))
}
