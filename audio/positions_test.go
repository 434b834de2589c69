package audio_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

func positions(t *testing.T, names string) audio.Positions {
	t.Helper()
	p, err := audio.ParsePositions(names)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Names are read and written alike, whatever is between them.
func TestPositionsText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "MONO": "MONO", "FL FR": "FL FR", "FL,FR,FC,LFE,RL,RR": "FL FR FC LFE RL RR", " FL, FR ": "FL FR", "BRC TC TFL": "BRC TC TFL",
	} {
		if got := positions(t, text).String(); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"FL XX":                   "XX is not a position; use ALSA's names, such as FL FR RL RR FC LFE SL SR RC",
		"fl FR":                   "fl is not a position",
		"FL FR FL":                "FL is given twice",
		strings.Repeat("FL ", 17): "17 positions are too many; use at most 16",
	} {
		if _, err := audio.ParsePositions(text); !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	type both struct{ A, B audio.Format }
	x := both{audio.Format{Rate: 8000, Channels: 3, Encoding: audio.U8, Positions: positions(t, "FL FR LFE")}, audio.DefaultFormat()}
	text, err := json.Marshal(x)
	const want = `{"A":{"rate":8000,"channels":3,"format":"U8","positions":"FL FR LFE"},"B":{"rate":48000,"channels":2,"format":"S16_LE"}}`
	if err != nil || string(text) != want {
		t.Errorf("in JSON it is %s, %v", text, err)
	}
	var back both
	if err := json.Unmarshal(text, &back); err != nil || back != x {
		t.Errorf("and back %v, %v", back, err)
	}
}

// Positions have to be those of the channels, each once.
func TestPositionsFit(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 3, Encoding: audio.S16LE}
	for want, p := range map[string]audio.Positions{
		"":                                  positions(t, "FL FR LFE"),
		"2 positions do not fit 3":          positions(t, "FL FR"),
		"two channels have the position":    audio.PositionsOf(audio.FrontLeft, audio.FrontRight, audio.FrontLeft),
		"channel 3 has an unknown position": audio.PositionsOf(audio.FrontLeft, audio.FrontRight, 37),
		"channel 2 has an unknown position": audio.PositionsOf(audio.FrontLeft, 0, audio.FrontRight),
		"channel 1 has an unknown position": audio.PositionsOf(1, audio.FrontLeft, audio.FrontRight),
		"16 positions do not fit 3 chann":   audio.PositionsOf(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
	} {
		f.Positions = p
		err := f.Validate()
		if want == "" && err != nil || want != "" && (!errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, want %q", p, err, want)
		}
	}
	if p := audio.PositionsOf(make([]audio.Position, 17)...); p.Known() {
		t.Errorf("17 channels have positions: %v", p)
	}
}

// Positions come with the number of channels, or not at all.
func TestFormatOrPositions(t *testing.T) {
	six := audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE, Positions: wav.Positions(6)}
	other := positions(t, "FL FR RL RR FC LFE")
	for _, c := range []struct{ asks, want audio.Format }{
		{audio.Format{}, six},
		{audio.Format{Channels: 6}, audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE}},
		{audio.Format{Channels: 2}, audio.DefaultFormat()},
		{audio.Format{Positions: other}, audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE, Positions: other}},
		{audio.Format{Channels: 6, Positions: other}, audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE, Positions: other}},
	} {
		if got := c.asks.Or(six); got != c.want {
			t.Errorf("%v got %v, want %v", c.asks, got, c.want)
		}
	}
}
