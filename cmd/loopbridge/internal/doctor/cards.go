package doctor

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// present reports whether the cards that the configuration wants are there.
func (l *look) present() (found []Finding) {
	for _, w := range l.wishes() {
		switch {
		case w.spare:
			found = append(found, one(Warning, "loopbridge devices    # the names of the cards that are there",
				"device %s has to do with a fallback: %v", w.device, w.err)...)
		case w.err != nil:
			found = append(found, one(Fault, "loopbridge devices    # the names of the cards that are there",
				"device %s has no card: %v", w.device, w.err)...)
		}
	}
	for _, c := range l.cards {
		found = append(found, fine("card %d is %s (%s)", c.Number, console.Printable(c.Name), console.Printable(c.Driver))...)
	}
	if len(found) == 0 {
		return fine("this machine has no sound card, and needs none for loops between programs")
	}
	return found
}

// holder is a program that has a PCM.
type holder struct {
	pid  int
	name string // of its program; "": unknown
}

// holders reports who has the cards.
func (l *look) holders() (found []Finding) {
	open := l.opened()
	for _, c := range l.cards {
		for _, pcm := range c.PCMs {
			for _, d := range []audio.Direction{audio.Play, audio.Record} {
				found = append(found, l.heldBy(c, pcm, d, open)...)
			}
		}
	}
	if len(found) == 0 && len(l.cards) > 0 {
		return fine("no program has a card")
	}
	return found
}

// heldBy reports who has one direction of a PCM.
func (l *look) heldBy(c card.Card, pcm card.PCM, d audio.Direction, open map[string][]holder) (found []Finding) {
	letter, room := "p", pcm.Play
	if d == audio.Record {
		letter, room = "c", pcm.Record
	}
	var who []holder
	for _, u := range pcm.Users {
		if u.Direction == d {
			who = append(who, holder{u.PID, u.Command})
		}
	}
	if len(who) == 0 { // it has the device, and no stream yet; or it is in another container
		who = open[fmt.Sprintf("pcmC%dD%d%s", c.Number, pcm.Device, letter)]
	}
	if len(who) == 0 || len(who) < room {
		return nil
	}
	at := card.Address{Card: c.Number, Device: pcm.Device}
	for _, h := range who {
		if slices.ContainsFunc(l.daemons, func(p process) bool { return p.pid == h.pid }) {
			found = append(found, fine("%s is the daemon's, which %ss (pid %d)", at, d, h.pid)...)
			continue
		}
		text := fmt.Sprintf("%s has %s, and %ss (pid %d)", h.name, at, d, h.pid)
		switch device := l.wanted(c.Number, pcm.Device, d); {
		case device != "":
			found = append(found, one(Fault, l.release(c, h), "%s: device %s of the daemon cannot use it meanwhile", text, device)...)
		case l.configured() || l.err == nil:
			found = append(found, fine("%s; the daemon does not want it", text)...)
		default:
			found = append(found, one(Warning, l.release(c, h), "%s: a daemon could not use it meanwhile", text)...)
		}
	}
	return found
}

// opened returns who has the PCM devices of /dev/snd open, by their names there, as far as this user may see it.
func (l *look) opened() map[string][]holder {
	open := map[string][]holder{}
	for _, pid := range l.pids() {
		entries, _ := fs.ReadDir(l.Root, proc(pid, "fd"))
		for _, e := range entries {
			node, ours := strings.CutPrefix(l.link(path.Join("proc", strconv.Itoa(pid), "fd", e.Name())), "/dev/snd/")
			h := holder{pid, console.Printable(l.name(pid))}
			if ours && !slices.Contains(open[node], h) {
				open[node] = append(open[node], h)
			}
		}
	}
	return open
}

// release returns the command that makes a program give back a card.
func (l *look) release(c card.Card, h holder) string {
	switch h.name {
	case "pulseaudio", "pipewire", "pipewire-pulse", "wireplumber":
		return "pactl set-card-profile alsa_card." + l.soundServerName(c) + " off"
	case "jackdbus":
		return "jack_control stop"
	}
	return fmt.Sprintf("kill %d    # or end %s in its own way", h.pid, h.name)
}

// soundServerName returns what PulseAudio and PipeWire call a card: what udev says of it, with letters, digits, "." and "-" alone.
func (l *look) soundServerName(c card.Card) string {
	name := c.Path
	text, _ := l.read("run/udev/data/+sound:card" + strconv.Itoa(c.Number))
	for _, key := range []string{"E:ID_PATH=", "E:ID_ID="} { // the later one counts
		for line := range strings.Lines(text) {
			if value, ok := strings.CutPrefix(line, key); ok {
				name = strings.TrimSpace(value)
			}
		}
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, name)
}

// autosuspend reports USB cards that the kernel switches off when they rest.
func (l *look) autosuspend() (found []Finding) {
	for _, c := range l.cards {
		at, usb := l.usbDevice(c.Number)
		if !usb {
			continue
		}
		switch l.text(path.Join(at, "power/control")) {
		case "auto":
			found = append(found, one(Warning, "echo on | sudo tee /sys/bus/usb/devices/"+path.Base(at)+"/power/control",
				"card %d (%s) is switched off while it rests: its first sound is late or cut", c.Number, console.Printable(c.Name))...)
		case "on":
			found = append(found, fine("card %d (%s) is never switched off by USB autosuspend", c.Number, console.Printable(c.Name))...)
		}
	}
	return found
}

// usbDevice returns the folder in /sys of the USB device that is a card.
func (l *look) usbDevice(number int) (at string, usb bool) {
	link := l.link("sys/class/sound/card" + strconv.Itoa(number))
	if link == "" {
		return "", false
	}
	for at = path.Join("sys/class/sound", link); at != "." && at != "/"; at = path.Dir(at) {
		if l.exists(path.Join(at, "idVendor")) {
			return at, true
		}
	}
	return "", false
}
