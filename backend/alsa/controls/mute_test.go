package controls

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// TestMutedByOthers: the switch over all ports is a mute, whoever turns it, and Select keeps
// what Muted has found.
func TestMutedByOthers(t *testing.T) {
	m, f := cardOf(t, cardHDAMicro(), Names{})
	muted := func(when string, want bool) {
		t.Helper()
		if now, err := m.Muted(); err != nil || now != want {
			t.Errorf("%s: muted %v, %v, want %v", when, now, err, want)
		}
	}
	muted("as it was found", true)
	if err := m.Select(play, speaker); err != nil {
		t.Fatal(err)
	}
	muted("a port is selected", true)
	if err := m.SetMuted(false); err != nil {
		t.Fatal(err)
	}
	muted("it is no more", false)
	f.others("Master Playback Switch", 0, 1)
	muted("one channel is off", false)
	f.others("Master Playback Switch", 0, 0)
	muted("another mixer", true)
	f.others("Master Playback Switch", 1, 1)
	muted("and again", false)
	f.unplug()
	if _, err := m.Muted(); !errors.Is(err, audio.ErrGone) {
		t.Errorf("unplugged: %v", err)
	}
}

// TestMutedPorts: without a switch over all, a port that is off is no mute, and all that are
// off are one.
func TestMutedPorts(t *testing.T) {
	m, f := cardOf(t, cardAC97(), Names{})
	is := func(when string, want bool, selected audio.Ports, speakerOn, headphoneOn int64) {
		t.Helper()
		muted, err := m.Muted()
		on, failed := m.Selected(play)
		if err := errors.Join(err, failed); err != nil || muted != want || on != selected {
			t.Errorf("%s: muted %v with %s, %v, want %v with %s", when, muted, on.Names(play), err, want, selected.Names(play))
		}
		if f.get("Master Playback Switch")[0] != speakerOn || f.get("Headphone Playback Switch")[0] != headphoneOn {
			t.Errorf("%s: speaker %v, headphone %v", when, f.get("Master Playback Switch"), f.get("Headphone Playback Switch"))
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	is("found with all off", true, speaker, 0, 0)
	do(m.SetMuted(false))
	is("the first is on", false, speaker, 1, 0)
	f.others("Headphone Playback Switch", 1)
	is("two are on", false, speaker|headphone, 1, 1)
	f.others("Master Playback Switch", 0)
	is("one is off", false, headphone, 0, 1)
	f.others("Headphone Playback Switch", 0)
	is("both are off", true, headphone, 0, 0)
	do(m.Select(play, speaker))
	is("another is selected", true, speaker, 0, 0)
	f.others("Headphone Playback Switch", 1)
	is("another mixer wants to hear something", false, headphone, 0, 1)
	f.others("Headphone Playback Switch", 0)
	is("and nothing", true, headphone, 0, 0)
	do(m.SetMuted(false))
	is("as before", false, headphone, 0, 1)
}

func TestMutedIsRefused(t *testing.T) {
	m, _ := cardOf(t, cardLoopback(), Names{})
	if _, err := m.Muted(); !errors.Is(err, audio.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}
