package controls

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
)

// describeChange is a change in a few words.
func describeChange(c Change) string {
	if c.Err != nil {
		return c.Err.Error()
	}
	text := c.Element.String()
	if c.Ports != 0 {
		return fmt.Sprintf("%s: %s %s %v", text, c.Direction, c.Ports.Names(c.Direction), c.Plugged)
	}
	for word, is := range map[string]bool{"port": c.Port, "gain": c.Gain, "monitor": c.Monitor} {
		if is {
			text += " " + word
		}
	}
	return text + " " + c.Direction.String()
}

// TestChanges: others' changes are told, our own are not, and avail_ports follows the jacks.
func TestChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, f := cardOf(t, cardLaptop(), Names{})
		var got []string
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for c := range m.Changes() {
				got = append(got, describeChange(c))
			}
		}()
		expect := func(when string, want ...string) {
			t.Helper()
			synctest.Wait()
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", when, got, want)
			}
			got = nil
		}
		expect("nothing happened")
		if err := errors.Join(m.Select(play, speaker), m.Select(record, mic)); err != nil {
			t.Fatal(err)
		}
		if _, err := m.SetGain(play, 100, Nearest); err != nil {
			t.Fatal(err)
		}
		expect("our own")
		f.others("Master Playback Volume", 3)
		expect("gain", "Master Playback Volume gain play")
		f.others("Master Playback Volume", 3)
		expect("the same again")
		f.others("Speaker Playback Switch", 0, 0)
		expect("port", "Speaker Playback Switch port play")
		f.others("Internal Mic Playback Switch", 1, 1)
		expect("monitor", "Internal Mic Playback Switch monitor none")
		f.others("Mic Boost Volume", 1, 1)
		expect("no port's", "Mic Boost Volume none")
		f.others("Headphone Jack", 1)
		expect("plugged", "Headphone Jack: play headphone true")
		if avail, _, _ := m.Ports(play); avail != speaker|headphone|audio.PortSPDIFOut {
			t.Errorf("play.avail_ports = %s", avail.Names(play))
		}
		if in := m.Jacked(play); in != headphone || m.Jacked(record) != 0 {
			t.Errorf("%s could be pulled, and %s", in.Names(play), m.Jacked(record).Names(record))
		}
		f.others("Headphone Jack", 1)
		f.others("Speaker Phantom Jack", 0)
		f.others("HDMI/DP,pcm=3 Jack", 1)
		expect("no change")
		f.others("Headphone Jack", 0)
		f.others("Line Jack", 1)
		expect("pulled", "Headphone Jack: play headphone false", "Line Jack: record line_in true")
		if avail, _, _ := m.Ports(record); avail != mic|lineIn {
			t.Errorf("record.avail_ports = %s", avail.Names(record))
		}
		// Read by us before the event is looked at: it is told all the same.
		f.mu.Lock()
		f.values[mixerID("Master Playback Volume")] = []int64{9}
		f.mu.Unlock()
		if l, err := m.Level(play); err != nil || l.Now != -58.5 {
			t.Errorf("%v, %v", l, err)
		}
		f.others("Master Playback Volume", 9)
		expect("read before", "Master Playback Volume gain play")
		f.unplug()
		expect("gone", "unplugged")
		<-ended
		if err := m.Select(play, speaker); !errors.Is(err, audio.ErrGone) {
			t.Errorf("got %v", err)
		}
	})
}

// TestCloseWithChangesLeft: nobody has to fetch them.
func TestCloseWithChangesLeft(t *testing.T) {
	m, f := cardOf(t, cardLaptop(), Names{})
	for i := range 100 {
		f.others("Master Playback Volume", int64(i%80))
	}
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Error(err)
	}
}

func TestJackPorts(t *testing.T) {
	for name, want := range map[string]string{
		"Headphone Jack": "headphone none", "Front Headphone Jack": "headphone none", "Dock Headphone Jack": "headphone none",
		"Headset Mic Jack": "none microphone", "Headphone Mic Jack": "headphone microphone", "Front Mic Jack": "none microphone",
		"Mic Phantom Jack": "none microphone", "Line Out Front Jack": "line_out none", "Line Jack": "none line_in", "Line - Input Jack": "none line_in",
		"Speaker - Output Jack": "speaker none", "SPDIF Jack": "spdif_out none", "SPDIF In Jack": "none spdif_in", "CD Phantom Jack": "none cd",
		"Aux Jack": "none aux1_in", "HDMI/DP,pcm=3 Jack": "none none", "Headphone": "none none", "Dock Jack": "none none",
	} {
		p, r := jackPorts(name)
		if got := p.Names(play) + " " + r.Names(record); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestRestore gives back what the Card changed, and leaves what others changed.
func TestRestore(t *testing.T) {
	m, f := cardOf(t, cardAC97(), Names{})
	f.set("Headphone Playback Volume", 7, 9)
	f.set("Capture Source", 3, 4)
	before, err := m.Save()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(before, func(a, b Setting) int { return compareIDs(a.Element, b.Element) }) || len(before) != len(f.list) {
		t.Errorf("%d settings", len(before))
	}
	_, gainErr := m.SetGain(play, 77, Nearest)
	if err := errors.Join(gainErr, m.Select(play, headphone), m.Select(record, lineIn)); err != nil {
		t.Fatal(err)
	}
	f.set("CD Playback Volume", 5, 5)
	if err := m.Restore(before); err != nil {
		t.Fatal(err)
	}
	f.set("CD Playback Volume", 0, 0)
	for _, s := range before {
		if got := f.values[s.Element]; !slices.Equal(got, s.Values) {
			t.Errorf("%s is %v, was %v", s.Element, got, s.Values)
		}
	}
}
