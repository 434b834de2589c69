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

// hardware is the PCM of a card that a device is, if it is one.
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

// cardNode is a file that is there as long as a card.
func cardNode(card int) string { return fmt.Sprintf("/dev/snd/controlC%d", card) }

// opens reports whether a card is there. The kernel lists one that is being unplugged a while
// longer, but lets nobody open it.
func opens(card int) bool {
	f, err := os.OpenFile(cardNode(card), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	_ = f.Close() // nothing was written
	return true
}

// cardNames are the kernel's cards by number, in the words that PortAudio has for them; not
// those that are being unplugged.
func cardNames() map[int]string {
	text, _ := os.ReadFile("/proc/asound/cards") // a machine without ALSA has none
	names := parseCards(string(text))
	maps.DeleteFunc(names, func(card int, _ string) bool { return !opens(card) })
	return names
}

// parseCards reads "3 [DAC            ]: USB-Audio - QEMU USB Audio", and leaves out the lines
// of details between.
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

// includes reports whether all of the cards that are there now were there before.
func includes(before, now map[int]string) bool {
	for n, name := range now {
		if was, known := before[n]; !known || was != name {
			return false
		}
	}
	return true
}
