package state

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func TestParsePatch(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"play.gain=255", "play.gain=255"},
		{" play.gain = 0x7f ", "play.gain=127"},
		{"play.gain=1e2", "play.gain=100"},
		{"play.gain=007", "play.gain=7"},
		{"record.gain_db= -6.02 ", "record.gain=128"},
		{"play.port=headphone + line_out", "play.port=headphone+line_out"},
		{"record.port=0x3", "record.port=microphone+line_in"},
		{"play.port=none", "play.port=none"},
		{"play.pause=on", "play.pause=1"},
		{"play.pause=TRUE", "play.pause=1"},
		{"record.error=off", "record.error=0"},
		{"output_muted=false", "output_muted=0"},
		{"play.encoding=s16_le", "play.encoding=S16_LE"},
		{"play.samples=4294967295", "play.samples=4294967295"},
		{"record.eof=4294967295", "record.eof=4294967295"},
		{"play.balance=64", "play.balance=64"},
	} {
		p, err := ParsePatch(c.text)
		if got := p.Texts(); err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%q: %q, %v; want %q", c.text, got, err, c.want)
		}
	}
	p := mustPatch(t, "monitor_gain=3", "record.gain=9", "play.gain=100", "play.gain_db=-8.13")
	if p.String() != "[play.gain=100 record.gain=9 monitor_gain=3]" {
		t.Errorf("%s, want the order of the table and one play.gain", p)
	}
	if empty, err := ParsePatch(); empty != (Patch{}) || err != nil || empty.Fields() != 0 {
		t.Errorf("nothing: %s, %v", empty, err)
	}
}

// Edge cases 36 and 61: what a person types wrong, each with its sentence.
func TestD18Edge61WrongTexts(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     `"": no "=", write FIELD=VALUE`,
		"play.gain":                            `play.gain: no "=", write FIELD=VALUE`,
		"play.gain 3":                          `play.gain 3: no "=", write FIELD=VALUE`,
		"= 3":                                  `= 3: no field before "=", write FIELD=VALUE`,
		"play.gain=":                           `play.gain = "": no value, use 0..255`,
		"play.gian=3":                          "play.gian = 3: no such field, did you mean play.gain?",
		"Play.Gain=3":                          "Play.Gain = 3: no such field, did you mean play.gain?",
		"montior_gain=3":                       "montior_gain = 3: no such field, did you mean monitor_gain?",
		"gain=3":                               "gain = 3: no such field, use play.gain or record.gain",
		"port=headphone+line_out":              "port = headphone+line_out: no such field, use play.port or record.port",
		"play.gain=256":                        "play.gain = 256: out of range, use 0..255",
		"play.gain=-1":                         "play.gain = -1: negative, use 0..255",
		"play.gain=4294967296":                 "play.gain = 4294967296: more than 32 bits, use 0..255",
		"play.gain=99999999999999999999":       "play.gain = 99999999999999999999: more than 32 bits, use 0..255",
		"play.gain=0x100000000":                "play.gain = 0x100000000: more than 32 bits, use 0..255",
		"play.gain=1e999":                      "play.gain = 1e999: more than 32 bits, use 0..255",
		"play.gain=nan":                        "play.gain = nan: not a number, use 0..255",
		"play.gain=inf":                        "play.gain = inf: more than 32 bits, use 0..255",
		"play.gain=loud":                       "play.gain = loud: not a number, use 0..255",
		"play.gain=50%":                        "play.gain = 50%: not a number, use 0..255",
		"play.gain=1.5":                        "play.gain = 1.5: not a whole number, use 0..255",
		"play.gain=0xxy":                       "play.gain = 0xxy: not a whole number, use 0..255",
		"play.gain=1=2":                        "play.gain = 1=2: not a number, use 0..255",
		"play.gain_db=0.1":                     "play.gain_db = 0.1: out of range, use -inf..0",
		"play.gain_db=NaN":                     "play.gain_db = NaN: not a number, use -inf..0",
		"play.gain_db=inf":                     "play.gain_db = inf: out of range, use -inf..0",
		"play.gain_db=":                        `play.gain_db = "": no value, use -inf..0`,
		"play.balance=65":                      "play.balance = 65: out of range, use 0..64",
		"play.balance=255":                     "play.balance = 255: out of range, use 0..64",
		"play.pause=255":                       "play.pause = 255: neither on nor off, use 0 or 1",
		"play.pause=2":                         "play.pause = 2: neither on nor off, use 0 or 1",
		"play.buffer_size=0":                   "play.buffer_size = 0: out of range, use 1..4294967295",
		"play.sample_rate=768001":              "play.sample_rate = 768001: out of range, use 1000..768000",
		"play.sample_rate=999":                 "play.sample_rate = 999: out of range, use 1000..768000",
		"play.channels=65":                     "play.channels = 65: out of range, use 1..64",
		"play.encoding=mp3":                    "play.encoding = mp3: unknown encoding, use " + audio.EncodingNames(),
		"play.encoding=3":                      "play.encoding = 3: unknown encoding, use " + audio.EncodingNames(),
		"play.port=beeper":                     "play.port = beeper: unknown name, use speaker, headphone, line_out, spdif_out, aux1_out or aux2_out, joined with +",
		"play.open=1":                          "play.open = 1: read-only, leave it out",
		"play.active=0":                        "play.active = 0: read-only, leave it out",
		"record.avail_ports=7":                 "record.avail_ports = 7: read-only, leave it out",
		"ref_cnt=1":                            "ref_cnt = 1: read-only, leave it out",
		"hw_features=play":                     "hw_features = play: read-only, leave it out",
		"play.gain=\x1b[2J\n":                  `play.gain = "\x1b[2J": not a number, use 0..255`,
		"play.gain=" + strings.Repeat("x", 99): "play.gain = " + strings.Repeat("x", 60) + "…: not a number, use 0..255",
	} {
		p, err := ParsePatch(text)
		if err == nil || err.Error() != want || !errors.Is(err, audio.ErrInvalid) || !errors.Is(err, syscall.EINVAL) || p != (Patch{}) {
			t.Errorf("%q: %s, %v\nwant %s", text, p, err, want)
		}
	}
	if _, err := ParsePatch("volume=1"); err == nil || !strings.Contains(err.Error(), "use one of play.sample_rate, play.channels, ") ||
		strings.Contains(err.Error(), "avail_ports") {
		t.Errorf("a far name: %v; want all that can be set", err)
	}
}

// All problems at once, and no patch.
func TestD18AllProblemsOfAPatch(t *testing.T) {
	p, err := ParsePatch("play.gain=300", "monitor_gain=3", "record.gain=1", "play.open=1", "record.gain=1", "play.gain_db=-20", "play.balance=0", "record.gain_db=-3", "nonsense")
	want := []string{
		"play.gain = 300: out of range, use 0..255",
		"play.open = 1: read-only, leave it out",
		"record.gain = 1: given twice, give it once",
		"record.gain_db = -3: contradicts the gain given with it, give gain or gain_db",
		`nonsense: no "=", write FIELD=VALUE`,
	}
	if err == nil || !slices.Equal(strings.Split(err.Error(), "\n"), want) || p != (Patch{}) {
		t.Errorf("%s, %v", p, err)
	}
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) != len(want) || problems[0].Field != "play.gain" || problems[0].Value != "300" || problems[0].Use != "use 0..255" {
		t.Errorf("%#v", problems)
	}
	_, err = ParsePatch(slices.Repeat([]string{"a=b"}, 50)...)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != mostProblems+1 || lines[mostProblems] != "and 30 more" {
		t.Errorf("50 problems are %d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestPatchSet(t *testing.T) {
	var p Patch
	for f, v := range map[Field]uint32{PlayGain: 255, RecordGainDB: 3, PlayPort: 0x300, PlayWaiting: 1, PlayEncoding: uint32(audio.ALaw)} {
		if err := p.Set(f, v); err != nil {
			t.Error(err)
		}
	}
	want := p
	for f, v := range map[Field]uint32{PlayGain: 256, PlayGainDB: 256, PlayBalance: 65, PlayOpen: 1, PlayPause: 2, PlayBufferSize: 0, PlayEncoding: 99, PlaySampleRate: 999, 0: 1, 200: 1} {
		if err := p.Set(f, v); !errors.Is(err, audio.ErrInvalid) || p != want {
			t.Errorf("%s %d: %v, %s", f, v, err, p)
		}
	}
	if got := p.String(); got != "[play.encoding=A_LAW play.gain=255 play.port=0x300 play.waiting=1 record.gain=3]" {
		t.Error(got)
	}
	if err := p.Set(PlayGain, 1); err != nil || p.values[PlayGain] != 1 {
		t.Errorf("set again: %v, %s", err, p)
	}
}
