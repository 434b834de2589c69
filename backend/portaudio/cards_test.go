//go:build portaudio && cgo

package portaudio

import (
	"maps"
	"testing"
)

func TestParseCards(t *testing.T) {
	const text = ` 0 [HDA            ]: HDA-Intel - HDA Intel
                      HDA Intel at 0xfebd0000 irq 11
 3 [DAC            ]: USB-Audio - QEMU USB Audio
                      QEMU QEMU USB Audio at usb-0000:00:07.0-4, full speed
10 [Loopback       ]: Loopback - Loopback
                      Loopback 1
`
	want := map[int]string{0: "HDA Intel", 3: "QEMU USB Audio", 10: "Loopback"}
	if got := parseCards(text); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := parseCards("--- no soundcards ---\n"); len(got) > 0 {
		t.Errorf("%v where there is none", got)
	}
}

// TestIncludes: a list of devices is good as long as no card has come, or become another one.
func TestIncludes(t *testing.T) {
	before := map[int]string{0: "HDA Intel", 3: "QEMU USB Audio"}
	for _, c := range []struct {
		now  map[int]string
		want bool
	}{
		{before, true},
		{map[int]string{0: "HDA Intel"}, true}, // one is away
		{map[int]string{}, true},
		{map[int]string{0: "HDA Intel", 4: "QEMU USB Audio"}, false}, // it has another number
		{map[int]string{0: "HDA Intel", 3: "Scarlett 2i2 USB"}, false},
	} {
		if got := includes(before, c.now); got != c.want {
			t.Errorf("%v: %v", c.now, got)
		}
	}
}
