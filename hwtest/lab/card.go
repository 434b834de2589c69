package lab

import (
	"fmt"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// Card is a sound card that the machine is to have.
type Card struct {
	id      string
	modules []module
	bus     []string // -device of what its devices hang on
	devices []device // each with an ear on the host
	unplug  string
	loop    bool
}

type module struct{ name, options string }

// device plays into a recording of its own.
type device struct {
	args   string // -device, without its audiodev
	pcm    int
	rate   int
	period int      // see plan.Ear
	open   []string // controls that must be at 100%
	volume string   // the one of them that acts
}

// recordingID names an ear: of QEMU's backend and of the file.
func (c Card) recordingID(pcm int) string { return fmt.Sprintf("%s-%d", c.id, pcm) }

func (c Card) recording(pcm int) string { return "recordings/" + c.recordingID(pcm) + ".wav" }

// seen is the card as the guest is told of it.
func (c Card) seen() plan.Card {
	p := plan.Card{ID: c.id, Unplug: c.unplug, Loop: c.loop, Deaf: len(c.devices) > 0}
	for _, d := range c.devices {
		p.Ears = append(p.Ears, plan.Ear{
			PCM: d.pcm, File: c.recording(d.pcm), Rate: d.rate, Period: d.period, Open: d.open, Volume: d.volume,
		})
	}
	return p
}

// HDA is hw:HDA, an Intel HD Audio controller with two codecs: device 0 has a speaker and
// a microphone, device 2 line out and line in (its mixer names have index 10).
func HDA() Card {
	return Card{
		id: "HDA",
		// Nothing in the guest loads modules on demand: a controller that finds no codec
		// driver gives up.
		modules: []module{{"snd-hda-codec-generic", ""}, {"snd-hda-intel", "index=0 id=HDA power_save=0"}},
		bus:     []string{"ich9-intel-hda,id=hda"},
		devices: []device{
			{"hda-micro,bus=hda.0", 0, 48000, 0, []string{"Master"}, "Master"},
			{"hda-duplex,bus=hda.0", 2, 48000, 0, []string{"Master,10"}, "Master,10"},
		},
	}
}

// Silence is hw:Silence, an HD Audio codec that nobody hears and that records silence: the
// emulation gives a card either an ear or an input.
func Silence() Card {
	return Card{
		id:      "Silence",
		modules: []module{{"snd-hda-codec-generic", ""}, {"snd-hda-intel", "index=4 id=Silence power_save=0"}},
		bus:     []string{"ich9-intel-hda,id=silence", "hda-micro,bus=silence.0,audiodev=nobody"},
	}
}

// AC97 is hw:AC97, with a full AC'97 mixer; its 'Capture Source' has eight inputs. With
// periods of 480 frames it swaps some, also those of aplay: its driver, in a virtual
// machine, takes position and period of the hardware as they come.
func AC97() Card {
	return Card{
		id:      "AC97",
		modules: []module{{"snd-intel8x0", "index=1 id=AC97"}},
		devices: []device{{"AC97", 0, 48000, 1024, []string{"Master", "PCM"}, "Master"}},
	}
}

// ES1370 is hw:ES1370, an Ensoniq AudioPCI with 45 controls. Its clock divides to 44100 Hz
// exactly, but not to 48000 Hz; its volumes do nothing.
func ES1370() Card {
	return Card{
		id:      "ES1370",
		modules: []module{{"snd-ens1370", "index=2 id=ES1370"}},
		devices: []device{{"ES1370", 0, 44100, 0, []string{"Master", "PCM"}, ""}},
	}
}

// USB is hw:DAC, which the host unplugs and plugs as "dac".
func USB() Card {
	return Card{
		id:      "DAC",
		modules: []module{{"xhci-pci", ""}, {"snd-usb-audio", "index=3 id=DAC"}},
		bus:     []string{"qemu-xhci,id=xhci"},
		devices: []device{{"usb-audio,id=dac,bus=xhci.0", 0, 48000, 0, []string{"Audio Output Volume Control"}, "Audio Output Volume Control"}},
		unplug:  "dac",
	}
}

// Loopback is hw:Loopback (index 10), the kernel's own: a real PCM with eight substreams,
// where device 1 records what device 0 plays, and the reverse.
func Loopback() Card {
	return Card{id: "Loopback", modules: []module{{"snd-aloop", "index=10 id=Loopback pcm_substreams=8"}}, loop: true}
}

// Dummy is hw:Dummy (index 11), the kernel's own: a PCM that moves at real speed, and a
// mixer with capture switches.
func Dummy() Card {
	return Card{id: "Dummy", modules: []module{{"snd-dummy", "index=11 id=Dummy"}}}
}

// AllCards are one of each.
func AllCards() []Card { return []Card{HDA(), Silence(), AC97(), ES1370(), USB(), Loopback(), Dummy()} }
