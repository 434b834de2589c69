package hwtest_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/hwtest/jack"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// output is a port and its switch, as the configuration names it.
type output struct{ port, sw string }

// outputs are two ports for a card of which the emulation has but one at each device: the
// other is that of the card's other codec, or nobody hears it. Settings are for cards
// whose controls have names that say nothing.
func (b *bench) outputs(other string) (all []output, settings []string) {
	b.Helper()
	switch b.card.ID {
	case "HDA":
		all = []output{{"speaker", "Master Playback Switch"}, {other, "Master Playback Switch,10"}}
	case "DAC":
		all = []output{{"speaker", "Audio Output Volume Control Playback Switch"}, {"headphone", "Headphone Playback Switch"}}
	default: // AC97, ES1370: as an AC'97 codec with headphones has them
		all = []output{{"speaker", "Master Playback Switch"}, {"headphone", "Headphone Playback Switch"}}
		b.addSwitch("Master Mono Playback Switch")
	}
	b.addSwitch(all[1].sw)
	if b.card.ID == "HDA" || b.card.ID == "DAC" {
		for _, o := range all {
			settings = append(settings, fmt.Sprintf("play.controls.%s = { switch = %q }", o.port, o.sw))
		}
	}
	return all, settings
}

// addSwitch adds one that does nothing, unless the card has it.
func (b *bench) addSwitch(name string) {
	b.Helper()
	if b.panel().has(name) {
		return
	}
	sw, err := jack.AddSwitch(b.card.Number, name)
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { sw.Remove() })
}

// sounds reports whether an ear hears what goes through a switch. Where no switch acts, it
// hears all.
func sounds(ear plan.Ear, sw string) bool {
	return ear.Volume == "" || of(ear.Volume, "Playback Switch") == sw
}

// emulated is how loud something is at the volumes that the card has. QEMU takes their
// steps for amplitudes, from silence to full scale, whatever scale in dB they promise.
func emulated(ear plan.Ear, p panel) (dB float64) {
	for _, name := range ear.Open {
		if volume, ok := p[of(name, "Playback Volume")]; ear.Volume != "" && ok {
			dB += 20 * math.Log10(float64(255*volume.values[0]/volume.Max)/255)
		}
	}
	return dB
}

// hears says what the level of the tone is, and fails unless it is the one wanted.
func (d *daemon) hears(t tape, what string, want [2]float64) string {
	d.b.Helper()
	got := t.levels()
	if !near(got, want) {
		d.b.Errorf("%s: heard is %s, want %s", what, decibel(got), decibel(want))
	}
	return what + " " + decibel(got)
}

// routed fails unless these ports are on, all others off, and that is heard.
func (d *daemon) routed(ear plan.Ear, what, ports string, outputs []output) string {
	d.b.Helper()
	controls, want := d.b.panel(), math.Inf(-1)
	for _, o := range outputs {
		on := strings.Contains(ports, o.port)
		if controls.on(o.sw) != on {
			d.b.Errorf("%s: %s is on: %v, want %v", what, o.sw, !on, on)
		}
		if on && sounds(ear, o.sw) {
			want = emulated(ear, controls)
		}
	}
	if port := d.info().Play.Port.Names(audio.Play); port != ports {
		d.b.Errorf("%s: play.port = %s, want %s", what, port, ports)
	}
	return d.hears(d.b.tape(ear), what, both(want))
}

// nothingActs says why an ear hears what is switched off.
func (b *bench) nothingActs(ear plan.Ear) {
	if ear.Volume == "" {
		b.say("its emulation has no switch that acts: they were read back only")
	}
}

// portsSound selects the ports that the card has, then each of two that can be switched.
func portsSound(b *bench) {
	for _, ear := range b.card.Ears {
		own := of(ear.Open[0], "Playback Switch")
		b.open(ear)
		b.turn(own, false) // who names a port wants to hear it
		d := b.daemon(ear)
		stop := d.plays(b.tape(ear))
		ports := d.info().Play
		all := ports.AvailPorts.Names(audio.Play)
		if ports.ModPorts != 0 {
			b.Errorf("%s can be switched, and nobody here hears that", ports.ModPorts.Names(audio.Play))
		}
		d.set("play.port=" + all)
		b.say("hw:%s,%d fixed: %s", b.card.ID, ear.PCM, d.routed(ear, all, all, []output{{all, own}}))
		stop()
		d.stop()

		outputs, settings := b.outputs("line_out")
		d = b.daemon(ear, settings...)
		stop = d.plays(b.tape(ear))
		var said []string
		for _, selected := range []string{outputs[0].port, outputs[1].port, outputs[0].port + "+" + outputs[1].port} {
			d.set("play.port=" + selected)
			said = append(said, d.routed(ear, selected, selected, outputs))
		}
		made := ""
		if outputs[1].port == "headphone" {
			made = ", where the headphone is a switch without sound behind it"
		}
		b.say("switched%s: %s", made, strings.Join(said, ", "))
		stop()
		d.stop()
		b.nothingActs(ear)
	}
}

// followsJack plugs a headphone in and pulls it.
func followsJack(b *bench) {
	for _, ear := range b.card.Ears {
		outputs, settings := b.outputs("headphone")
		j, err := jack.Add(b.card.Number, "Headphone Jack")
		if err != nil {
			b.Fatalf("%v", err)
		}
		b.open(ear)
		d := b.daemon(ear, append(settings, "auto_port = true")...)
		events := d.events()
		stop := d.plays(b.tape(ear))
		d.set("play.port=speaker")
		said := []string{d.routed(ear, "speaker", "speaker", outputs)}
		for _, plugged := range []bool{true, false} {
			if err := j.Plug(plugged); err != nil {
				b.Fatalf("%v", err)
			}
			what, port, avail := "pulled", "speaker", "speaker"
			if plugged {
				what, port, avail = "plugged in", "headphone", "speaker+headphone"
			}
			d.until("tells that it uses "+port, func() bool {
				return events.of("play.port") == `"`+port+`"` && events.of("play.avail_ports") == `"`+avail+`"`
			})
			if now := d.info().Play.AvailPorts.Names(audio.Play); now != avail {
				b.Errorf("%s play.avail_ports = %s, want %s", what, now, avail)
			}
			said = append(said, d.routed(ear, what+" "+port, port, outputs))
		}
		stop()
		d.stop()
		if err := j.Plug(true); err != nil {
			b.Fatalf("%v", err)
		}
		d = b.daemon(ear, append(settings, "auto_port = true")...)
		d.until("uses what is plugged in already", func() bool { return d.info().Play.Port == audio.PortHeadphone })
		d.stop()
		b.say("hw:%s,%d %s, at start headphone", b.card.ID, ear.PCM, strings.Join(said, ", "))
		if err := j.Remove(); err != nil {
			b.Errorf("%v", err)
		}
		b.nothingActs(ear)
	}
}
