package hwtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// Card is a sound card to be tested, and what is known of it besides what it says itself.
type Card struct {
	plan.Card
	Number int
	Title  string
	Quiet  bool // it must make no sound: a person may sit in front of it
	Lab    bool // it is in a machine of the laboratory
}

// Need is what a case needs of a card.
type Need uint

// What a card may have.
const (
	Play   Need = 1 << iota // device 0 plays
	Record                  // device 0 records
	Sound                   // it may sound
	Ears                    // what it plays is heard
	Loop                    // what it plays it records
	Unplug                  // somebody unplugs it when asked
)

// Lacks says what is missing on a card of what is needed, or nothing.
func (c Card) Lacks(n Need) string {
	for _, x := range []struct {
		need   Need
		has    bool
		reason string
	}{
		{Play, c.has("pcm0p"), "device 0 does not play"},
		{Record, c.has("pcm0c") && !c.Deaf, "device 0 records nothing"},
		{Sound, !c.Quiet, "it must make no sound unless it is named: make hwtest CARD=hw:" + c.ID},
		{Ears, len(c.Ears) > 0, "nobody hears what it plays"},
		{Loop, c.Loop, "it does not record what it plays"},
		{Unplug, c.Unplug != "", "nobody can unplug it"},
	} {
		if n&x.need != 0 && !x.has {
			return x.reason
		}
	}
	return ""
}

func (c Card) has(pcm string) bool {
	_, err := os.Stat(filepath.Join("/proc/asound", c.ID, pcm))
	return err == nil
}

// Open finds the cards to be tested. In a machine of the laboratory these are all of it.
// Elsewhere the name says which: "hw:0", "0" or an id of ALSA is one, "all" are all, and
// those must be quiet.
func Open(name string) ([]Card, error) {
	var known []plan.Card
	inside := lab.Inside()
	if inside {
		var err error
		if known, err = lab.Seen(); err != nil {
			return nil, err
		}
		name = "all"
	}
	var cards []Card
	for _, c := range present() {
		if i := slices.IndexFunc(known, func(k plan.Card) bool { return k.ID == c.ID }); i >= 0 {
			c.Card = known[i]
		}
		c.Lab = inside
		c.Quiet = !inside && name == "all"
		short := strings.TrimPrefix(name, "hw:")
		if name == "all" || short == c.ID || short == strconv.Itoa(c.Number) {
			cards = append(cards, c)
		}
	}
	if len(cards) == 0 && name != "all" {
		return nil, fmt.Errorf("there is no sound card %s; /proc/asound/cards lists what there is", name)
	}
	return cards, nil
}

// present are the cards that the kernel has.
func present() (cards []Card) {
	text, _ := os.ReadFile("/proc/asound/cards") // a machine without ALSA has none
	for line := range strings.Lines(string(text)) {
		// " 0 [PCH            ]: HDA-Intel - HDA Intel PCH", and a line of details
		head, title, ok := strings.Cut(line, "]:")
		number, id, ok2 := strings.Cut(head, "[")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if ok && ok2 && err == nil {
			cards = append(cards, Card{
				Card: plan.Card{ID: strings.TrimSpace(id)}, Number: n, Title: strings.TrimSpace(title),
			})
		}
	}
	return cards
}
