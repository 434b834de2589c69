// Package card finds and names sound cards. It asks the kernel through files and control devices
// and opens no stream.
//
// [Finder] lists the cards and resolves an [Identity]; [Watch] reports cards that come and go.
package card

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// Card describes a sound card at one moment. Unknown fields are empty.
type Card struct {
	Number     int    // the kernel's; may change at the next boot
	ID         string // "PCH": set by the driver or the user, unique among the cards
	Driver     string // "HDA-Intel"
	Name       string // "HDA Intel PCH"
	LongName   string // "HDA Intel PCH at 0xf7c30000 irq 32"
	Mixer      string // "Realtek ALC892"
	Components string // "HDA:10ec0892,18491151,00100302"
	Path       string // of the socket, as in /dev/snd/by-path: "pci-0000:00:1f.3"
	Vendor     string // of USB, four hex digits: "0d8c"
	Product    string // of USB
	Serial     string // of USB; many cards have none, some share one
	PCMs       []PCM  // by device
}

// PCM is a device of a card that plays or records.
type PCM struct {
	Device int    // "hw:CARD,Device"
	Name   string // "ALC892 Analog"
	Play   int    // number of substreams, mostly 1; 0 if it cannot play
	Record int    // number of substreams; 0 if it cannot record
	Users  []User // programs that have it open
}

// User is a program that has a substream open.
type User struct {
	Direction audio.Direction
	Substream int
	PID       int
	Command   string // "aplay"; empty if it has exited
}

// Address is a PCM device by its kernel numbers.
type Address struct {
	Card   int
	Device int
}

// String returns the address as alsa-lib writes it.
func (a Address) String() string { return fmt.Sprintf("hw:%d,%d", a.Card, a.Device) }

// Directions returns the directions of the PCM.
func (p PCM) Directions() (d audio.Direction) {
	if p.Play > 0 {
		d |= audio.Play
	}
	if p.Record > 0 {
		d |= audio.Record
	}
	return d
}

// PCM returns the first device with all directions of d; any device for 0.
func (c Card) PCM(d audio.Direction) (PCM, bool) {
	for _, p := range c.PCMs {
		if p.Directions()&d == d {
			return p, true
		}
	}
	return PCM{}, false
}

// Virtual reports whether the card has no hardware: snd-aloop, snd-dummy.
func (c Card) Virtual() bool { return c.Driver == "Loopback" || c.Driver == "Dummy" }

// Finder looks for cards. Its zero value looks at this machine. It is safe for concurrent use.
type Finder struct {
	// Root replaces "/" for tests: proc/asound, sys/class/sound and proc/PID are read below it,
	// and no control device is opened. Names of buses and USB need an fs.ReadLinkFS.
	Root fs.FS

	find func() []foundCard             // replaces findCards in tests
	info func(int) (abi.CardInfo, bool) // replaces askCard in tests
}

// Cards returns the cards by number; an empty list is no error. It reads files and asks the
// cards, so it may block briefly, and it allocates.
//
// yobert/alsa lists cards and PCMs from the control devices. It skips those it cannot open and
// knows no IDs, drivers, buses or substreams. Those come from /proc/asound and /sys/class/sound,
// which need no permission on /dev/snd and suffice alone.
func (f Finder) Cards() ([]Card, error) {
	root, find, info := f.Root, f.find, f.info
	if root == nil {
		root, find, info = os.DirFS("/"), findCards, askCard
	}
	cards, err := procCards(root)
	if err != nil {
		return nil, err
	}
	if find != nil {
		cards = mergeFound(cards, find())
	}
	for i := range cards {
		c := &cards[i]
		procUsers(root, c)
		c.sysfs(root)
		if info == nil {
			continue
		}
		if ci, ok := info(c.Number); ok {
			c.tell(ci)
		}
	}
	slices.SortFunc(cards, func(a, b Card) int { return a.Number - b.Number })
	return cards, nil
}

// tell adds what the control device says and the files did not.
func (c *Card) tell(i abi.CardInfo) {
	for field, text := range map[*string][]byte{
		&c.ID: i.ID[:], &c.Driver: i.Driver[:], &c.Name: i.Name[:], &c.LongName: i.LongName[:], &c.Mixer: i.MixerName[:],
		&c.Components: i.Components[:],
	} {
		if t := strings.TrimSpace(abi.Text(text)); t != "" {
			*field = t
		}
	}
}

// mergeFound adds the cards of yobert/alsa to those of the files.
func mergeFound(cards []Card, found []foundCard) []Card {
	for _, f := range found {
		i := slices.IndexFunc(cards, func(c Card) bool { return c.Number == f.number })
		if i < 0 {
			cards = append(cards, Card{Number: f.number, Name: f.title})
			i = len(cards) - 1
		}
		for _, d := range f.devices {
			cards[i].found(d)
		}
	}
	return cards
}

// found adds a direction of a PCM that the files lack.
func (c *Card) found(d foundPCM) {
	if !slices.ContainsFunc(c.PCMs, func(p PCM) bool { return p.Device == d.device }) {
		c.PCMs = append(c.PCMs, PCM{Device: d.device, Name: d.title})
		slices.SortFunc(c.PCMs, func(a, b PCM) int { return a.Device - b.Device })
	}
	p := &c.PCMs[slices.IndexFunc(c.PCMs, func(p PCM) bool { return p.Device == d.device })]
	if d.play {
		p.Play = max(p.Play, 1)
	}
	if d.record {
		p.Record = max(p.Record, 1)
	}
}
