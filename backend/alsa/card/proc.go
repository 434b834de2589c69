package card

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// procCards reads /proc/asound, which a kernel without sound lacks.
func procCards(root fs.FS) ([]Card, error) {
	text, err := fs.ReadFile(root, "proc/asound/cards")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, audio.ErrIO.With("the list of sound cards cannot be read (%v); is /proc mounted?", err)
	}
	cards := parseCards(string(text))
	if text, err := fs.ReadFile(root, "proc/asound/pcm"); err == nil {
		parsePCMs(string(text), cards)
	}
	return cards, nil
}

// parseCards reads /proc/asound/cards, two lines for each card:
//
//	0 [PCH            ]: HDA-Intel - HDA Intel PCH
//	                     HDA Intel PCH at 0xf7c30000 irq 32
func parseCards(text string) (cards []Card) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if c, ok := parseCardLine(line); ok {
			cards = append(cards, c)
		} else if n := len(cards); n > 0 && cards[n-1].LongName == "" {
			cards[n-1].LongName = line
		}
	}
	return cards
}

func parseCardLine(line string) (c Card, ok bool) {
	number, rest, open := strings.Cut(line, " [")
	id, rest, closed := strings.Cut(rest, "]: ")
	n, err := strconv.ParseUint(number, 10, 16)
	if !open || !closed || err != nil {
		return c, false
	}
	driver, name, _ := strings.Cut(rest, " - ")
	return Card{Number: int(n), ID: strings.TrimSpace(id), Driver: driver, Name: strings.TrimSpace(name)}, true
}

// parsePCMs adds the lines of /proc/asound/pcm, one for each PCM, to their cards:
//
//	00-03: HDMI 0 : HDMI 0 : playback 1
func parsePCMs(text string, cards []Card) {
	for line := range strings.Lines(text) {
		var card int
		var p PCM
		where, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if n, err := fmt.Sscanf(where, "%d-%d", &card, &p.Device); n != 2 || err != nil {
			continue
		}
		fields := strings.Split(rest, " : ")
		for len(fields) > 0 && p.substreams(fields[len(fields)-1]) {
			fields = fields[:len(fields)-1]
		}
		p.Name = strings.TrimSpace(fields[max(len(fields)-1, 0)])
		if i := slices.IndexFunc(cards, func(c Card) bool { return c.Number == card }); i >= 0 {
			cards[i].PCMs = append(cards[i].PCMs, p)
		}
	}
	for _, c := range cards {
		slices.SortFunc(c.PCMs, func(a, b PCM) int { return a.Device - b.Device })
	}
}

// substreams parses "playback 1" and "capture 1".
func (p *PCM) substreams(field string) bool {
	side, count, _ := strings.Cut(strings.TrimSpace(field), " ")
	n, err := strconv.ParseUint(count, 10, 16)
	if err != nil {
		return false
	}
	switch side {
	case "playback":
		p.Play = int(n)
	case "capture":
		p.Record = int(n)
	default:
		return false
	}
	return true
}

// procUsers finds the programs that have substreams of a card open.
func procUsers(root fs.FS, c *Card) {
	for i := range c.PCMs {
		p := &c.PCMs[i]
		for s := range p.Play {
			p.user(root, c.Number, audio.Play, s)
		}
		for s := range p.Record {
			p.user(root, c.Number, audio.Record, s)
		}
	}
}

func (p *PCM) user(root fs.FS, card int, d audio.Direction, substream int) {
	letter := "p"
	if d == audio.Record {
		letter = "c"
	}
	text, err := fs.ReadFile(root, fmt.Sprintf("proc/asound/card%d/pcm%d%s/sub%d/status", card, p.Device, letter,
		substream))
	if err != nil {
		return
	}
	if pid, ok := parseOwner(string(text)); ok {
		pid = process(root, pid)
		p.Users = append(p.Users, User{d, substream, pid, fileText(root, path.Join("proc", strconv.Itoa(pid), "comm"))})
	}
}

// process returns the process of a thread: the kernel names the thread that opened a substream, such as
// "alsa-sink-ALC892" of pulseaudio.
func process(root fs.FS, thread int) int {
	text, _ := fs.ReadFile(root, path.Join("proc", strconv.Itoa(thread), "status"))
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "Tgid:"); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n > 0 {
				return n
			}
		}
	}
	return thread
}

// Holder returns the program that has the first substream of a PCM open, if the kernel says.
func Holder(at Address, d audio.Direction) (u User, ok bool) {
	p := PCM{Device: at.Device}
	if p.user(os.DirFS("/"), at.Card, d, 0); len(p.Users) == 0 {
		return u, false
	}
	return p.Users[0], true
}

// parseOwner finds the line "owner_pid : 1234" in a status; a closed substream has none.
func parseOwner(text string) (pid int, ok bool) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == "owner_pid" {
			n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
			return int(n), err == nil && n > 0
		}
	}
	return 0, false
}

// fileText returns the text of a one-line file, "" if it cannot be read.
func fileText(root fs.FS, name string) string {
	text, _ := fs.ReadFile(root, name)
	return strings.TrimSpace(string(text))
}
