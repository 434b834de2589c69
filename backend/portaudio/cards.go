//go:build portaudio && cgo

package portaudio

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// hardware returns the PCM of a card behind a device, if there is one.
func hardware(d Device) (card, pcm int, ok bool) {
	if d.HostAPI != "ALSA" {
		return 0, 0, false
	}
	found := regexp.MustCompile(`\((?:plug)?hw:(\d+),(\d+)\)$`).FindStringSubmatch(d.Name)
	if found == nil {
		return 0, 0, false
	}
	card, _ = strconv.Atoi(found[1])
	pcm, _ = strconv.Atoi(found[2])
	return card, pcm, true
}

// cardNode returns a file that exists as long as the card.
func cardNode(card int) string { return fmt.Sprintf("/dev/snd/controlC%d", card) }

// opens reports whether a card is there. The kernel lists a card for a while after it was
// unplugged, but does not let it be opened.
func opens(card int) bool {
	f, err := os.OpenFile(cardNode(card), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	_ = f.Close() // nothing was written
	return true
}

// cardNames returns the cards that are plugged in, by number, under the names that PortAudio uses.
func cardNames() map[int]string {
	text, _ := os.ReadFile("/proc/asound/cards") // missing on a machine without ALSA
	names := parseCards(string(text))
	maps.DeleteFunc(names, func(card int, _ string) bool { return !opens(card) })
	return names
}

// parseCards parses lines such as "3 [DAC ]: USB-Audio - QEMU USB Audio".
func parseCards(text string) map[int]string {
	names := map[int]string{}
	for line := range strings.Lines(text) {
		head, title, ok := strings.Cut(line, "]: ")
		number, _, ok2 := strings.Cut(head, "[")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if ok && ok2 && err == nil {
			_, name, _ := strings.Cut(title, " - ")
			names[n] = strings.TrimSpace(name)
		}
	}
	return names
}

// includes reports whether before contains all cards of now.
func includes(before, now map[int]string) bool {
	for n, name := range now {
		if was, known := before[n]; !known || was != name {
			return false
		}
	}
	return true
}
