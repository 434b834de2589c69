package card

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/loopbridge/loopbridge/audio"
)

func TestResolve(t *testing.T) {
	f := Finder{Root: fakeRoot()}
	for _, c := range []struct {
		name         string
		d            audio.Direction
		card, device int
	}{
		{"hw:0", play, 0, 0}, {"hw:0", play | record, 0, 0}, {"hw:0,3", play, 0, 3}, {"hw:0,2", record, 0, 2}, {"hw:11", 0, 11, 0},
		{"id:PCH", record, 0, 0}, {"id:PCH,3", 0, 0, 3}, {"id:Device_1", play, 2, 0},
		{"path:pci-0000:00:14.0-usb-0:4.1:1.0", play | record, 2, 0}, {"path:pci-0000:05:01.0,1", play, 4, 1}, {"path:platform-soc:sound", play, 5, 0},
		{"usb:1234:ABCD", play, 12, 0}, {"usb:1234:abcd:A:7,b", play, 12, 0}, {"usb:1234:abcd,0", play, 12, 0}, {"usb:1234:abcd:A:7,b,0", play, 12, 0},
		{"auto", play, 0, 0}, {" auto ", record, 0, 0}, {"auto", 0, 0, 0},
	} {
		card, pcm, err := f.Resolve(c.name, c.d)
		if err != nil || card.Number != c.card || pcm.Device != c.device {
			t.Errorf("%s for %s: card %d, device %d, %v", c.name, c.d, card.Number, pcm.Device, err)
		}
	}
}

// TestResolveNames: every name that a card is said to have finds it, or one just like it.
func TestResolveNames(t *testing.T) {
	f := Finder{Root: fakeRoot()}
	for _, c := range fakeCards(t) {
		for _, name := range c.Names() {
			got, _, err := f.Resolve(name, 0)
			if strings.HasPrefix(name, "usb:0d8c") {
				if !errors.Is(err, audio.ErrNoDevice) || !strings.Contains(err.Error(), "several sound cards are usb:0d8c:0014; say which: ") || !strings.Contains(err.Error(), "path:pci-0000:00:14.0-usb-0:3:1.0") {
					t.Errorf("%s: %v", name, err)
				}
			} else if err != nil || got.Number != c.Number {
				t.Errorf("%s is card %d, want %d, %v", name, got.Number, c.Number, err)
			}
			if i, err := ParseIdentity(name); err != nil || i.String() != name {
				t.Errorf("%s became %s, %v", name, i, err)
			}
		}
	}
}

func TestResolveFails(t *testing.T) {
	few := fstest.MapFS{
		"proc/asound/cards": {Data: []byte(" 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n  HDA Intel PCH at 0xf7c30000 irq 32\n 1 [Loopback       ]: Loopback - Loopback\n  Loopback 1\n")},
		"proc/asound/pcm":   {Data: []byte("00-00: A : Analog : playback 1\n00-02: B : Alt : capture 1\n01-00: Loopback PCM : Loopback PCM : playback 8 : capture 8\n")},
	}
	there := `there are: "HDA Intel PCH" = id:PCH = hw:0; "Loopback" = id:Loopback = hw:1`
	for _, c := range []struct {
		name string
		d    audio.Direction
		want string
	}{
		{"hw:7", play, "there is no sound card hw:7; " + there},
		{"id:pch", play, "there is no sound card id:pch; " + there},
		{"usb:0d8c:0014", play, "there is no sound card usb:0d8c:0014; " + there},
		{"hw:0,1", play, "sound card HDA Intel PCH has no PCM device 1; it has 0 (Analog, play), 2 (Alt, record)"},
		{"hw:0,2", play, "PCM device 2 of sound card HDA Intel PCH cannot play; it has 0 (Analog, play), 2 (Alt, record)"},
		{"hw:0", play | record, "sound card hw:0 (HDA Intel PCH) cannot play and record on one PCM device; it has 0 (Analog, play), 2 (Alt, record)"},
	} {
		if _, _, err := (Finder{Root: few}).Resolve(c.name, c.d); !errors.Is(err, audio.ErrNoDevice) || err.Error() != c.want {
			t.Errorf("%s: got  %v\nwant %s", c.name, err, c.want)
		}
	}
	// auto takes a card without hardware only where there is no other.
	if c, _, err := (Finder{Root: few}).Resolve("auto", play|record); err != nil || c.ID != "Loopback" {
		t.Errorf("auto: %v, %v", c.ID, err)
	}
	none := "there is no sound card that can play; there is none at all: is it plugged in, and its driver loaded (cat /proc/asound/cards)?"
	if _, _, err := (Finder{Root: fstest.MapFS{}}).Resolve("auto", play); !errors.Is(err, audio.ErrNoDevice) || err.Error() != none {
		t.Errorf("got %v", err)
	}
}

func TestParseIdentityRefuses(t *testing.T) {
	for name, why := range map[string]string{
		"": "this is not a name of a sound card", "PCH": "this is not a name of a sound card", "auto,1": "auto takes nothing after it", "auto:": "auto takes nothing after it",
		"hw:": "hw: needs the number of a card, 0..255", "hw:PCH": "hw: needs the number of a card, 0..255", "hw:-1": "hw: needs the number of a card, 0..255",
		"hw:256": "hw: needs the number of a card, 0..255", "hw:0,x": "the PCM device after the comma is not a number 0..255", "id:": "nothing follows id:",
		"path:": "nothing follows path:", "path:,1": "nothing follows path:", "usb:d8c:0014": "VENDOR and PRODUCT of usb: are four hex digits each",
		"usb:0d8c": "VENDOR and PRODUCT of usb: are four hex digits each", "usb:0d8c:001g": "VENDOR and PRODUCT of usb: are four hex digits each", "usb:0d8c:0014:": "the serial number is empty",
	} {
		_, err := ParseIdentity(name)
		if !errors.Is(err, audio.ErrInvalid) || !strings.HasPrefix(err.Error(), `card = "`+name+`": `+why+`; use "usb:VENDOR:PRODUCT:SERIAL"`) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// FuzzParseIdentity: what is read can be written, and read again as the same.
func FuzzParseIdentity(f *testing.F) {
	for _, name := range []string{"auto", "hw:0,2", "id:PCH", "usb:0d8c:0014:x,1", "path:pci-0000:00:1f.3"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		i, err := ParseIdentity(name)
		if err != nil {
			return
		}
		if again, err := ParseIdentity(i.String()); err != nil || again != i {
			t.Errorf("%q is %+v, and %q is %+v, %v", name, i, i.String(), again, err)
		}
	})
}
