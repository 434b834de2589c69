package hwtest_test

import (
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// input is a port that records, and what is chosen with it.
type input struct{ port, control, values string }

// inputs are those of the cards that have a choice, in the order of audio(7I): an
// enumeration, where AC'97 can take another for each channel; or a switch each, some of
// which send each channel to each.
func (b *bench) inputs() (all []input, one bool) {
	const through = "on,off,off,on"
	switch b.card.ID {
	case "AC97":
		const source = "Capture Source"
		return []input{
			{"microphone", source, "0,0"}, {"line_in", source, "4,4"}, {"cd", source, "1,1"},
			{"aux1_in", source, "3,3"}, {"aux2_in", source, "2,2"}, {"codec_loopb_in", source, "5,5"},
		}, true
	case "ES1370":
		return []input{
			{"microphone", "Mic Capture Switch", "on,on"}, {"line_in", "Line Capture Route", through},
			{"cd", "CD Capture Route", through}, {"aux1_in", "Aux Capture Route", through},
		}, false
	case "Dummy":
		return []input{
			{"microphone", "Mic Capture Switch", "on,on"}, {"line_in", "Line Capture Switch", "on,on"}, {"cd", "CD Capture Switch", "on,on"},
		}, false
	}
	return nil, false
}

// choosesRecording selects each input with the daemon, and with another mixer. The
// emulation has no sound at any, so that the controls are read back.
func choosesRecording(b *bench) {
	inputs, one := b.inputs()
	if inputs == nil {
		b.without("it has no choice of inputs")
	}
	ear := plan.Ear{Rate: 48000}
	d := b.daemon(ear, "record = {}")
	var avail audio.Ports
	for _, in := range inputs {
		port, err := audio.ParsePorts(audio.Record, in.port)
		if err != nil {
			b.Fatalf("%v", err)
		}
		avail |= port
	}
	if now := d.info().Record; now.AvailPorts != avail || now.ModPorts != avail {
		b.Errorf("its inputs are %s, of which %s can be chosen, want %s",
			now.AvailPorts.Names(audio.Record), now.ModPorts.Names(audio.Record), avail.Names(audio.Record))
	}
	var said []string
	for _, in := range inputs {
		d.set("record.port=" + in.port)
		now := b.panel()
		for _, other := range inputs {
			if got := now[other.control].String(); other.control == in.control && got != in.values || other.control != in.control && now.on(other.control) {
				b.Errorf("%s is chosen, and %s is %s", in.port, other.control, got)
			}
		}
		said = append(said, fmt.Sprintf("%s %s %s", in.port, in.control, in.values))
	}
	b.say("%s", strings.Join(said, ", "))

	first, last := inputs[0], inputs[len(inputs)-1]
	b.chosen(d, last)
	want := first.port
	if !one {
		want += "+" + last.port
	}
	events := d.events()
	b.amixer("cset", element(first.control), first.values)
	d.until("tells of another mixer", func() bool { return events.of("record.port") == `"`+want+`"` })
	if now := d.info().Record.Port.Names(audio.Record); now != want {
		b.Errorf("after another mixer, record.port = %s, want %s", now, want)
	}
	b.say("another mixer chooses %s: record.port=%s", first.port, want)
	d.stop()
	if one {
		b.configuredInput(ear)
	}
}

// chosen fails unless the input is what the daemon and amixer say.
func (b *bench) chosen(d *daemon, in input) {
	b.Helper()
	if now := d.info().Record.Port.Names(audio.Record); now != in.port {
		b.Errorf("record.port = %s, want %s", now, in.port)
	}
	text, _, _ := strings.Cut(b.amixer("cget", element(in.control)), "\n  |")
	if now := chosen(text); now != in.values {
		b.Errorf("%s is chosen, and %s is %s, want %s", in.port, in.control, now, in.values)
	}
}

// configuredInput is an input that the configuration names.
func (b *bench) configuredInput(ear plan.Ear) {
	d := b.daemon(ear, `record.port = "line_in"`,
		`record.controls.line_in = { source = "Capture Source", item = "Phone" }`,
		`record.controls.microphone = { source = "Capture Source", item = "Mic" }`)
	for _, in := range []input{{"line_in", "Capture Source", "7,7"}, {"microphone", "Capture Source", "0,0"}} {
		if in.port == "microphone" {
			d.set("record.port=" + in.port)
		}
		b.chosen(d, in)
	}
	d.stop()
	b.say("configured: line_in Phone, microphone Mic")
}
