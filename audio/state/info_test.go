package state

import (
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// cardRules are those of card: buffers of 10 ms to 1 s, 100 ms by default.
func cardRules() Rules {
	s := SideRules{FragmentFrames: 480, MaxFrames: 48000, DefaultFrames: 4800}
	return Rules{Play: s, Record: s}
}

// card is a device with all features and three ports on each side, not open.
func card() Info {
	i := NewInfo(audio.DefaultFormat(), HWDuplex|HWIn2Out|HWPlay|HWRecord, cardRules())
	for _, s := range []*Side{&i.Play, &i.Record} {
		s.ModPorts = 7
		s.Plugged(7)
	}
	return i
}

// openCard has both sides open and busy, and every flag and counter of a side set.
func openCard() Info {
	i := card()
	i.Opened(audio.Play|audio.Record, i.Play.Format, cardRules())
	for _, s := range []*Side{&i.Play, &i.Record} {
		s.Samples, s.Error, s.Active = 1234, true, true
	}
	i.Play.EOF = 5
	return i
}

func mustPatch(t testing.TB, args ...string) Patch {
	t.Helper()
	p, err := ParsePatch(args...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// diff is Changes as text, without what the test does not speak of.
func diff(before, after Info) []string {
	var lines []string
	for _, c := range Changes(&before, &after) {
		lines = append(lines, c.String())
	}
	return lines
}

func TestNewInfo(t *testing.T) {
	i := NewInfo(audio.DefaultFormat(), HWPlay, cardRules())
	want := Info{HW: HWPlay,
		Play:   Side{Format: audio.DefaultFormat(), Gain: 255, Balance: 32, BufferBytes: 19200},
		Record: Side{Gain: 255, Balance: 32},
	}
	if i != want {
		t.Errorf("%+v, want %+v", i, want)
	}
}

// Edge case 52, with the default format of audio(7I).
func TestD5Edge52FirstOpenResetsTheFormat(t *testing.T) {
	sun := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}
	i := card()
	i.Play.Gain, i.Play.Balance, i.Record.Port, i.MonitorGain, i.OutputMuted = 10, 20, audio.PortLineIn, 30, true
	i.Play.Samples, i.Record.Samples = 7, 8
	before := i
	i.Opened(audio.Play, sun, cardRules())
	want := []string{
		"play.sample_rate: 48000 -> 8000", "play.channels: 2 -> 1", "play.precision: 16 -> 8", "play.encoding: S16_LE -> MU_LAW",
		"play.buffer_size: 19200 -> 4800", "play.samples: 7 -> 0", "play.open: 0 -> 1",
		"record.sample_rate: 48000 -> 8000", "record.channels: 2 -> 1", "record.precision: 16 -> 8", "record.encoding: S16_LE -> MU_LAW",
		"record.buffer_size: 19200 -> 4800",
	}
	if got := diff(before, i); !slices.Equal(got, want) {
		t.Errorf("the first open: %q, want %q", got, want)
	}

	i.Play.Format, i.Record.Format = audio.DefaultFormat(), audio.DefaultFormat()
	before = i
	i.Opened(audio.Record, sun, cardRules())
	if got := diff(before, i); !slices.Equal(got, []string{"record.samples: 8 -> 0", "record.open: 0 -> 1"}) {
		t.Errorf("the second open: %q, want the format left alone", got)
	}

	i.Closed(audio.Play, 0)
	before = i
	i.Opened(audio.Play, sun, cardRules())
	if got := diff(before, i); !slices.Equal(got, []string{"play.open: 0 -> 1"}) {
		t.Errorf("play again beside record: %q, want the format left alone", got)
	}
}

// Sides of different widths keep them when a program opens one.
func TestOpenedKeepsTheWidthOfEachSide(t *testing.T) {
	i := card()
	wide := i.Record.Format
	wide.Channels = 4
	i.SetFormat(audio.Record, wide, cardRules())
	before := i
	i.Opened(audio.Play, audio.Format{}, cardRules())
	if got := diff(before, i); !slices.Equal(got, []string{"play.open: 0 -> 1"}) || i.Record.BufferBytes != 2*i.Play.BufferBytes {
		t.Errorf("%q, buffers %d and %d", got, i.Play.BufferBytes, i.Record.BufferBytes)
	}
}

// Edge cases 40 and 44: only close of a direction clears its flags, and D25: what a
// person set stays.
func TestD25Edge40Closed(t *testing.T) {
	i := openCard()
	i.Play.Pause, i.Play.Waiting, i.Record.Waiting = true, true, true
	i.Play.Gain, i.MonitorGain = 1, 2
	before := i
	i.Closed(audio.Play, 0)
	want := []string{"play.eof: 5 -> 0", "play.pause: 1 -> 0", "play.error: 1 -> 0", "play.waiting: 1 -> 0", "play.open: 1 -> 0", "play.active: 1 -> 0"}
	if got := diff(before, i); !slices.Equal(got, want) {
		t.Errorf("close of play: %q, want %q", got, want)
	}
	before = i
	i.Closed(audio.Record, audio.Play|audio.Record) // D21: somebody waits for the record side still
	if got := diff(before, i); !slices.Equal(got, []string{"record.error: 1 -> 0", "record.open: 1 -> 0", "record.active: 1 -> 0"}) {
		t.Errorf("close of record: %q, want waiting to stay", got)
	}
}

// Edge case 60.
func TestD21Edge60CountersWrap(t *testing.T) {
	i := openCard()
	if _, err := i.Apply(mustPatch(t, "play.samples=4294967295", "play.eof=4294967295", "record.samples=4294967290"), Rules{}); err != nil {
		t.Fatal(err)
	}
	i.Play.Samples++
	i.Play.EOF++
	i.Record.Samples += 480
	if i.Play.Samples != 0 || i.Play.EOF != 0 || i.Record.Samples != 474 {
		t.Errorf("%d, %d, %d; want 0, 0, 474", i.Play.Samples, i.Play.EOF, i.Record.Samples)
	}
	for _, name := range []string{"play.samples", "play.eof", "record.samples"} {
		if _, err := ParsePatch(name + "=4294967296"); err == nil || err.Error() != name+" = 4294967296: more than 32 bits, use 0..4294967295" {
			t.Errorf("2^32: %v", err)
		}
	}
}
