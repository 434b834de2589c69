package hwtest_test

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
	"github.com/loopbridge/loopbridge/mixer"
)

// arrives waits until a volume is where a gain wants it: it takes a step each period.
func (d *daemon) arrives(name string, gain int) {
	d.b.Helper()
	d.until(fmt.Sprintf("has moved %s for gain %d", name, gain), func() bool {
		k := d.b.panel()[name]
		to := k.Scale.AtLeast(mixer.Decibels(gain))
		return slices.Equal(k.values, slices.Repeat([]int64{to}, k.Count))
	})
}

// hasOwnControls uses a PCM of a second codec, whose controls have an index: found, named,
// and named wrongly.
func hasOwnControls(b *bench) {
	at := slices.IndexFunc(b.card.Ears, func(e plan.Ear) bool { return e.PCM != 0 })
	if at < 0 {
		b.without("all its PCMs have the same controls")
	}
	ear := b.card.Ears[at]
	volume, own := of(ear.Open[0], "Playback Volume"), of(ear.Open[0], "Playback Switch")
	_, index, _ := strings.Cut(ear.Open[0], ",")
	for _, first := range b.card.Ears {
		b.open(first)
	}
	for _, settings := range [][]string{nil, {"control_index = " + index}, {"control_index = 0"}} {
		what, others := "found", false
		if settings != nil {
			what, others = settings[0], !strings.HasSuffix(settings[0], index)
		}
		before := b.panel()
		d := b.daemon(ear, append(settings, `volume = "hardware"`)...)
		t := b.tape(ear)
		stop := d.plays(t)
		port := d.info().Play.AvailPorts.Names(audio.Play)
		if port != "line_out" {
			b.Errorf("%s: its ports are %s, want line_out", what, port)
		}
		d.set("play.port=line_out")
		if others { // what moves is heard by the other ear alone
			name := of(b.card.Ears[0].Open[0], "Playback Volume")
			d.set("play.gain=128")
			d.arrives(name, 128)
			if changed := b.panel().differs(before); !slices.Equal(changed, []string{name}) {
				b.Errorf("%s: it has changed %s, want %s", what, changed, name)
			}
			b.say("%s: %s", what, d.hears(t, "gain 128 moves "+name, both(mixer.Decibels(128)-b.promised(b.panel()[name], 128))))
			d.set("play.gain=255")
			d.arrives(name, 255)
		} else {
			d.set("play.gain=128")
			d.arrives(volume, 128)
			now := b.panel()
			said := []string{d.hears(t, "gain 128", both(emulated(ear, now)+mixer.Decibels(128)-b.promised(now[volume], 128)))}
			d.set("output_muted=1")
			d.until("has muted "+own, func() bool { return !b.panel().on(own) })
			said = append(said, d.hears(t, "muted", both(math.Inf(-1))))
			if changed := b.panel().differs(before); !slices.Equal(changed, []string{own, volume}) {
				b.Errorf("%s: it has changed %s, want %s and %s", what, changed, own, volume)
			}
			d.set("output_muted=0", "play.gain=255")
			d.arrives(volume, 255)
			b.say("hw:%s,%d %s, port %s: %s", b.card.ID, ear.PCM, what, port, strings.Join(said, ", "))
		}
		stop()
		d.stop()
	}
}

// showsOtherMute turns the card's switch while the daemon runs.
func showsOtherMute(b *bench) {
	for _, volume := range []string{"software", "hardware"} {
		ear := b.card.Ears[0]
		b.open(ear)
		d := b.daemon(ear, fmt.Sprintf("volume = %q", volume))
		events := d.events()
		t := b.tape(ear)
		stop := d.plays(t)
		loud := both(emulated(ear, b.panel()))
		own := of(ear.Open[0], "Playback Switch")
		var said []string
		for _, muted := range []bool{true, false, true} {
			what, want, told := "unmute", loud, "0"
			if muted {
				what, want, told = "mute", both(math.Inf(-1)), "1"
			}
			b.amixer("sset", ear.Open[0], what)
			d.until("tells of the "+what, func() bool { return truth(events.of("output_muted")) == told })
			if d.info().OutputMuted != muted {
				b.Errorf("%s: output_muted is %v", what, d.info().OutputMuted)
			}
			said = append(said, d.hears(t, what, want))
		}
		d.set("output_muted=0")
		if !b.panel().on(own) {
			b.Errorf("output_muted=0 has not turned %s on", own)
		}
		said = append(said, d.hears(t, "output_muted=0", loud))
		d.set("output_muted=1")
		turned := false
		if volume == "hardware" {
			d.until("has turned "+own+" off", func() bool { return !b.panel().on(own) })
			turned = true
		}
		said = append(said, d.hears(t, "output_muted=1", both(math.Inf(-1))))
		if on := b.panel().on(own); on == turned {
			b.Errorf("%s: %s is on: %v", volume, own, on)
		}
		d.set("output_muted=0")
		if !b.panel().on(own) {
			b.Errorf("%s is left off", own)
		}
		stop()
		d.stop()
		b.say("%s: %s", volume, strings.Join(said, ", "))
	}
}

// truth is a flag of an event as a number.
func truth(text string) string {
	return strings.NewReplacer("true", "1", "false", "0").Replace(text)
}

// gainIsSmooth moves the card's volume while a tone plays, and measures each millisecond.
func gainIsSmooth(b *bench) {
	heard := false
	for _, ear := range b.card.Ears {
		if ear.Volume == "" {
			continue
		}
		heard = true
		b.open(ear)
		name := of(ear.Open[0], "Playback Volume")
		d := b.daemon(ear, `volume = "hardware"`, fmt.Sprintf("play.volume = %q", name))
		t := b.tape(ear)
		stop := d.plays(t)
		d.hears(t, "before", both(emulated(ear, b.panel())))
		var said []string
		for _, gain := range []int{64, 255, 230, 226, 200, 255} {
			from := t.frames()
			d.set(fmt.Sprintf("play.gain=%d", gain))
			d.arrives(name, gain)
			t.levels() // later than all that is on its way
			step, at := t.largest(from, t.frames())
			said = append(said, fmt.Sprintf("to %d %.2f dB", gain, step))
			if step > 0.5 {
				b.Errorf("to gain %d: %.2f dB from a millisecond to the next, %d frames after the set", gain, step, at)
			}
		}
		stop()
		d.stop()
		b.say("hw:%s,%d, largest step of a millisecond: %s", b.card.ID, ear.PCM, strings.Join(said, ", "))
	}
	if !heard {
		b.without("its emulation has no volume that acts")
	}
}

// largest is the largest step in dB from a millisecond to the next, and where it is.
func (t tape) largest(from, to int64) (step float64, at int) {
	t.b.Helper()
	x := hear.Sound{Format: hear.CountFormat(t.rate), PCM: t.read(from, to-from)}.Channel(0)
	window := int(math.Round(float64(t.rate) / toneHertz)) // a turn of the tone, which is a millisecond
	before := math.NaN()
	for i := 0; i+window <= len(x); i += window {
		level := hear.Level(x[i : i+window])
		if change := math.Abs(level - before); change > step {
			step, at = change, i
		}
		before = level
	}
	return step, at
}
