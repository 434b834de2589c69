package card

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// Resolve finds the card that name means and its PCM device: the one in the name, or the first
// with all directions of d. If d is 0, the PCM may be any or missing (Device −1).
//
// It calls Cards and Pick, so it may block briefly and allocates. Errors: audio.ErrInvalid for a
// malformed name; audio.ErrNoDevice, with a list of the cards, for a missing card or PCM and for
// an ambiguous name.
func (f Finder) Resolve(name string, d audio.Direction) (Card, PCM, error) {
	i, err := ParseIdentity(name)
	if err != nil {
		return Card{}, PCM{}, err
	}
	cards, err := f.Cards()
	if err != nil {
		return Card{}, PCM{}, err
	}
	return i.Pick(cards, d)
}

// Pick is Resolve among known cards. It does not block.
func (i Identity) Pick(cards []Card, d audio.Direction) (Card, PCM, error) {
	fit := slices.DeleteFunc(slices.Clone(cards), func(c Card) bool { return !i.fits(c) })
	if i.Kind == ByChance {
		return pickAny(fit, d)
	}
	switch len(fit) {
	case 0:
		return Card{}, PCM{}, audio.ErrNoDevice.With("there is no sound card %s; %s", i, cardList(cards))
	case 1:
	default:
		return Card{}, PCM{}, audio.ErrNoDevice.With("several sound cards are %s; say which: %s", i, cardNames(fit))
	}
	c := fit[0]
	if i.Device < 0 {
		p, ok := c.PCM(d)
		if !ok && d != 0 {
			return c, p, audio.ErrNoDevice.With("sound card %s (%s) cannot %s on one PCM device; it has %s", i, c.Name,
				verbs(d), pcmList(c))
		}
		if !ok {
			p.Device = -1
		}
		return c, p, nil
	}
	n := slices.IndexFunc(c.PCMs, func(p PCM) bool { return p.Device == i.Device })
	if n < 0 {
		return c, PCM{}, audio.ErrNoDevice.With("sound card %s has no PCM device %d; it has %s", c.Name, i.Device, pcmList(c))
	}
	if p := c.PCMs[n]; p.Directions()&d != d {
		return c, PCM{}, audio.ErrNoDevice.With("PCM device %d of sound card %s cannot %s; it has %s", i.Device, c.Name,
			verbs(d), pcmList(c))
	}
	return c, c.PCMs[n], nil
}

// pickAny returns the first card that fits, and a virtual one only if there is no other.
func pickAny(cards []Card, d audio.Direction) (Card, PCM, error) {
	for _, virtual := range []bool{false, true} {
		for _, c := range cards {
			if p, ok := c.PCM(d); ok && c.Virtual() == virtual {
				return c, p, nil
			}
		}
	}
	return Card{}, PCM{}, audio.ErrNoDevice.With("there is no sound card that can %s; %s", verbs(d), cardList(cards))
}

// verbs says what d does, for error messages.
func verbs(d audio.Direction) string {
	switch d {
	case audio.Play:
		return "play"
	case audio.Record:
		return "record"
	case 0:
		return "be opened"
	}
	return "play and record"
}

// cardList lists the cards for an error message.
func cardList(cards []Card) string {
	if len(cards) == 0 {
		return "there is none at all: is it plugged in, and its driver loaded (cat /proc/asound/cards)?"
	}
	return "there are: " + cardNames(cards)
}

func cardNames(cards []Card) string {
	var text []string
	for _, c := range cards {
		text = append(text, fmt.Sprintf("%q = %s", c.Name, strings.Join(c.Names(), " = ")))
	}
	return strings.Join(text, "; ")
}

func pcmList(c Card) string {
	var text []string
	for _, p := range c.PCMs {
		text = append(text, fmt.Sprintf("%d (%s, %s)", p.Device, p.Name, p.Directions()))
	}
	if text == nil {
		return "none"
	}
	return strings.Join(text, ", ")
}
