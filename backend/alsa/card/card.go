// Package card finds sound cards and names them. It asks the kernel through files and
// control devices, and knows no stream.
//
// [Finder] lists the cards and finds the one that an [Identity] means; [Watch] tells when one
// comes or goes.
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

// Card is what is known of a sound card. It is plain text and numbers, of the moment when
// it was looked at; what is not known is empty.
type Card struct {
	Number     int    // of the kernel; another one after the next boot
	ID         string // "PCH": set by the driver or the user, unique among the cards
	Driver     string // "HDA-Intel"
	Name       string // "HDA Intel PCH"
	LongName   string // "HDA Intel PCH at 0xf7c30000 irq 32"
	Mixer      string // "Realtek ALC892"
	Components string // "HDA:10ec0892,18491151,00100302"
	Path       string // where it is plugged in, as in /dev/snd/by-path: "pci-0000:00:1f.3"
	Vendor     string // of USB, four hex digits: "0d8c"
	Product    string // of USB
	Serial     string // of USB; many have none, some share theirs
	PCMs       []PCM  // by device
}

// PCM is a device of a card that moves frames.
type PCM struct {
	Device int    // "hw:CARD,Device"
	Name   string // "ALC892 Analog"
	Play   int    // substreams for Play, mostly 1; 0: it cannot
	Record int    // substreams for Record
	Users  []User // who has them open
}

// User is a program that has a substream open.
type User struct {
	Direction audio.Direction
	Substream int
	PID       int
	Command   string // "aplay"; empty if it is gone
}

// Address is a place where a card plays or records.
type Address struct {
	Card   int
	Device int
}

// String returns the name that alsa-lib has for it.
func (a Address) String() string { return fmt.Sprintf("hw:%d,%d", a.Card, a.Device) }

// Directions returns those that the PCM has.
func (p PCM) Directions() (d audio.Direction) {
	if p.Play > 0 {
		d |= audio.Play
	}
	if p.Record > 0 {
		d |= audio.Record
	}
	return d
}

// PCM returns the first device with all directions of d; any for 0.
func (c Card) PCM(d audio.Direction) (PCM, bool) {
	for _, p := range c.PCMs {
		if p.Directions()&d == d {
			return p, true
		}
	}
	return PCM{}, false
}

// Virtual reports whether there is no hardware behind the card: snd-aloop, snd-dummy.
func (c Card) Virtual() bool { return c.Driver == "Loopback" || c.Driver == "Dummy" }

// Finder looks for cards. Its zero value looks on this machine, and is safe for concurrent
// use.
type Finder struct {
	// Root replaces "/": proc/asound, sys/class/sound and proc/PID are read below it, and
	// no card is asked. It has to be an fs.ReadLinkFS for the names of buses and USB.
	Root fs.FS

	find func() []foundCard             // in place of findCards, for tests
	info func(int) (abi.CardInfo, bool) // in place of askCard, for tests
}

// Cards lists the cards by number. None is no error. It reads files and asks the cards, so
// that it may block shortly, and allocates.
//
// yobert/alsa asks the control devices for cards and PCMs. It says nothing where one of
// them cannot be opened, and knows neither IDs nor drivers, buses nor substreams; those
// are from /proc/asound and /sys/class/sound, which need no permission on /dev/snd and
// are enough without it.
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

// tell adds what the control device says, where the files said nothing.
func (c *Card) tell(i abi.CardInfo) {
	for field, text := range map[*string][]byte{
		&c.ID: i.ID[:], &c.Driver: i.Driver[:], &c.Name: i.Name[:], &c.LongName: i.LongName[:], &c.Mixer: i.MixerName[:], &c.Components: i.Components[:],
	} {
		if t := strings.TrimSpace(abi.Text(text)); t != "" {
			*field = t
		}
	}
}

// mergeFound adds what was found to what the files said, which may be nothing at all.
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

// found adds a direction of a PCM that the files did not have.
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
