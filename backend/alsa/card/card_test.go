package card

import (
	"errors"
	"io/fs"
	"reflect"
	"testing"
	"testing/fstest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

const play, record = audio.Play, audio.Record

func fakeCards(t *testing.T) []Card {
	t.Helper()
	cards, err := Finder{Root: fakeRoot()}.Cards()
	if err != nil {
		t.Fatal(err)
	}
	return cards
}

func TestCards(t *testing.T) {
	cards := fakeCards(t)
	want := map[int]Card{
		0: {Number: 0, ID: "PCH", Driver: "HDA-Intel", Name: "HDA Intel PCH", LongName: "HDA Intel PCH at 0xf7c30000 irq 32", Path: "pci-0000:00:1f.3",
			PCMs: []PCM{
				{Device: 0, Name: "ALC892 Analog", Play: 1, Record: 1, Users: []User{{play, 0, 1234, "aplay"}}},
				{Device: 2, Name: "ALC892 Alt Analog", Record: 2, Users: []User{{record, 1, 99, ""}}},
				{Device: 3, Name: "HDMI 0", Play: 1}}},
		2: {Number: 2, ID: "Device_1", Driver: "USB-Audio", Name: "USB Audio Device", LongName: "C-Media Electronics Inc. USB Audio Device at usb-0000:00:14.0-4.1, full speed",
			Path: "pci-0000:00:14.0-usb-0:4.1:1.0", Vendor: "0d8c", Product: "0014", PCMs: []PCM{{Name: "USB Audio", Play: 1, Record: 1}}},
		12: {Number: 12, ID: "DAC", Driver: "USB-Audio", Name: "DAC - one : two", LongName: "ACME DAC - one : two at usb-0000:00:14.0-5, high speed",
			Path: "pci-0000:00:14.0-usb-0:5:1.1", Vendor: "1234", Product: "abcd", Serial: "A:7,b", PCMs: []PCM{{Name: "USB Audio", Play: 1}}},
	}
	paths := map[int]string{0: "pci-0000:00:1f.3", 1: "pci-0000:00:14.0-usb-0:3:1.0", 2: "pci-0000:00:14.0-usb-0:4.1:1.0", 3: "pci-0000:00:05.0", 4: "pci-0000:05:01.0",
		5: "platform-soc:sound", 10: "platform-snd_aloop.0", 11: "platform-snd_dummy.0", 12: "pci-0000:00:14.0-usb-0:5:1.1"}
	if len(cards) != len(paths) {
		t.Errorf("%d cards", len(cards))
	}
	for _, c := range cards {
		if c.Path != paths[c.Number] {
			t.Errorf("card %d is at %q, want %q", c.Number, c.Path, paths[c.Number])
		}
		if w, ok := want[c.Number]; ok && !reflect.DeepEqual(c, w) {
			t.Errorf("got  %+v\nwant %+v", c, w)
		}
		if c.Virtual() != (c.Number == 10 || c.Number == 11) {
			t.Errorf("card %d: virtual %v", c.Number, c.Virtual())
		}
	}
}

// TestCardsOfEach: files alone, control devices alone, both.
func TestCardsOfEach(t *testing.T) {
	asked := func(int) (info abi.CardInfo, ok bool) {
		copy(info.ID[:], "PCH")
		copy(info.Components[:], "HDA:10ec0892")
		copy(info.MixerName[:], "Realtek ALC892")
		return info, true
	}
	found := func() []foundCard {
		return []foundCard{{0, "HDA Intel PCH", []foundPCM{{3, "HDMI 0", true, false}, {0, "Analog", true, false}, {0, "Analog", false, true}}}}
	}
	cards, err := Finder{Root: fstest.MapFS{}, find: found, info: asked}.Cards()
	want := []Card{{ID: "PCH", Name: "HDA Intel PCH", Mixer: "Realtek ALC892", Components: "HDA:10ec0892",
		PCMs: []PCM{{Device: 0, Name: "Analog", Play: 1, Record: 1}, {Device: 3, Name: "HDMI 0", Play: 1}}}}
	if err != nil || !reflect.DeepEqual(cards, want) {
		t.Errorf("without files: %+v, %v", cards, err)
	}
	cards, err = Finder{Root: fakeRoot(), find: found, info: func(n int) (abi.CardInfo, bool) { i, ok := asked(n); return i, ok && n == 0 }}.Cards()
	if err != nil || len(cards) != 9 || cards[0].Driver != "HDA-Intel" || cards[0].Components != "HDA:10ec0892" || len(cards[0].PCMs) != 3 || cards[0].PCMs[1].Record != 2 {
		t.Errorf("with both: %+v, %v", cards, err)
	}
	for name, text := range map[string]string{"none": "--- no soundcards ---\n", "empty": "", "nonsense": " x [\n]: \n 1 2 3\n"} {
		root := fstest.MapFS{"proc/asound/cards": {Data: []byte(text)}, "proc/asound/pcm": {Data: []byte("00-00: x\n\n99-99\n-1--1: a : playback 1\n")}}
		if cards, err := (Finder{Root: root}).Cards(); len(cards) != 0 || err != nil {
			t.Errorf("%s: %v, %v", name, cards, err)
		}
	}
	broken := brokenFS{fakeRoot()}
	if _, err := (Finder{Root: broken}).Cards(); !errors.Is(err, audio.ErrIO) {
		t.Errorf("got %v", err)
	}
}

// brokenFS fails to read.
type brokenFS struct{ fstest.MapFS }

func (brokenFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}
func (brokenFS) ReadFile(name string) ([]byte, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

// TestCardsHere looks at this machine, whatever it has.
func TestCardsHere(t *testing.T) {
	cards, err := Finder{}.Cards()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cards {
		t.Logf("%+v", c)
		for _, name := range c.Names()[max(0, len(c.Names())-2):] {
			if got, _, err := (Finder{}).Resolve(name, 0); err != nil || got.Number != c.Number {
				t.Errorf("%s is card %d, want %d, %v", name, got.Number, c.Number, err)
			}
		}
	}
}
