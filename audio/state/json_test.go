package state

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
)

func TestParsePatchJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:          "[]",
		`{"play":{}}`: "[]",
		` {"play":{"gain":100},"monitor_gain":3} `:                 "[play.gain=100 monitor_gain=3]",
		`{"play.gain":100,"record":{"gain":1},"record.balance":2}`: "[play.gain=100 record.gain=1 record.balance=2]",
		`{"play":{"pause":true,"error":0,"waiting":"on"}}`:         "[play.pause=1 play.error=0 play.waiting=1]",
		`{"play":{"port":"headphone+line_out"}}`:                   "[play.port=headphone+line_out]",
		`{"play":{"port":3}}`:                                      "[play.port=speaker+headphone]",
		`{"play":{"gain_db":-6.02},"record":{"gain_db":"-inf"}}`:   "[play.gain=128 record.gain=0]",
		`{"play":{"gain_db":-0.03},"record":{"gain":1e2}}`:         "[play.gain=254 record.gain=100]",
		`{"play":{"encoding":"MU_LAW","sample_rate":8000.0}}`:      "[play.sample_rate=8000 play.encoding=MU_LAW]",
		`{"pl\u0061y":{"g\u0061in":1}}`:                            "[play.gain=1]",
	} {
		p, err := ParsePatchJSON([]byte(text))
		if err != nil || p.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, p, err, want)
		}
	}
}

func TestD18WrongJSON(t *testing.T) {
	for text, want := range map[string]string{
		``:                                  "not a JSON object: unexpected EOF, write {\"FIELD\":VALUE}",
		`{"play":{"gain":1}`:                "not a JSON object: unexpected EOF, write {\"FIELD\":VALUE}",
		`{"play":{"gain":300},}`:            "not a JSON object: invalid character '}' looking for beginning of object key string, write {\"FIELD\":VALUE}",
		`[]`:                                "not a JSON object: it begins with something else, write {\"FIELD\":VALUE}",
		`null`:                              "not a JSON object: it begins with something else, write {\"FIELD\":VALUE}",
		`{} {}`:                             "not a JSON object: something follows it, write {\"FIELD\":VALUE}",
		`{"play":3}`:                        `play = 3: not an object, write "play":{"FIELD":VALUE}`,
		`{"play":{},"play":{}}`:             "play: given twice, give it once",
		`{"play":{"gain":1,"gain":1}}`:      "play.gain = 1: given twice, give it once",
		`{"play":{"gain":1},"play.gain":1}`: "play.gain = 1: given twice, give it once",
		`{"play":{"gain":256}}`:             "play.gain = 256: out of range, use 0..255",
		`{"play":{"gain":-1}}`:              "play.gain = -1: negative, use 0..255",
		`{"play":{"gain":4294967296}}`:      "play.gain = 4294967296: more than 32 bits, use 0..255",
		`{"play":{"gain":1e400}}`:           "play.gain = 1e400: more than 32 bits, use 0..255",
		`{"play":{"gain":1.5}}`:             "play.gain = 1.5: not a whole number, use 0..255",
		`{"play":{"gain":"100"}}`:           `play.gain = "100": not a number, use 0..255`,
		`{"play":{"gain":true}}`:            "play.gain = true: wrong type, use 0..255",
		`{"play":{"gain":null}}`:            "play.gain = null: no value, use 0..255",
		`{"play":{"gain":[1]}}`:             "play.gain = [1]: not a single value, use 0..255",
		`{"play":{"gain":{"db":1}}}`:        `play.gain = {"db":1}: not a single value, use 0..255`,
		`{"play":{"gain_db":"-6"}}`:         `play.gain_db = "-6": not a number, use -inf..0`,
		`{"play":{"gain_db":0.5}}`:          "play.gain_db = 0.5: out of range, use -inf..0",
		`{"play":{"pause":2}}`:              "play.pause = 2: neither on nor off, use 0 or 1",
		`{"play":{"encoding":3}}`:           "play.encoding = 3: not a string, use " + audio.EncodingNames(),
		`{"play":{"port":true}}`:            "play.port = true: wrong type, use speaker, headphone, line_out, spdif_out, aux1_out or aux2_out, joined with +",
		`{"play":{"port":["speaker"]}}`:     `play.port = ["speaker"]: not a single value, use speaker, headphone, line_out, spdif_out, aux1_out or aux2_out, joined with +`,
		`{"play":{"gian":1}}`:               "play.gian = 1: no such field, did you mean play.gain?",
		`{"play":{"play":{"gain":1}}}`:      `play.play = {"gain":1}: no such field, use one of ` + settableNames(),
		`{"play":{"active":true}}`:          "play.active = true: read-only, leave it out",
	} {
		p, err := ParsePatchJSON([]byte(text))
		if err == nil || err.Error() != want || !errors.Is(err, audio.ErrInvalid) || p != (Patch{}) {
			t.Errorf("%s: %s, %v\nwant %s", text, p, err, want)
		}
	}
}

func TestProblemsAsJSON(t *testing.T) {
	_, err := ParsePatchJSON([]byte(`{"play":{"gain":300}}`))
	got, _ := json.Marshal(err)
	if string(got) != `[{"field":"play.gain","value":"300","reason":"out of range","use":"use 0..255"}]` {
		t.Errorf("%s", got)
	}
}

// drawPatch makes any patch that the table allows.
func drawPatch(t *rapid.T) (p Patch) {
	for f := range Fields() {
		if f.Access()&Settable == 0 || f.target() != f || !rapid.Bool().Draw(t, "has") {
			continue
		}
		v := rapid.OneOf(rapid.Uint32Range(0, 7), rapid.Uint32Range(0, f.row().max), rapid.Uint32()).Draw(t, f.Name())
		if f.fits(v) {
			p.set(f, v)
		}
	}
	return p
}

func TestPatchRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPatch(t)
		if back, err := ParsePatch(p.Texts()...); err != nil || back != p {
			t.Fatalf("%s, back %s, %v", p, back, err)
		}
		text, err := json.Marshal(p)
		var back Patch
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back != p {
			t.Fatalf("%s is %s, back %s, %v", p, text, back, err)
		}
	})
}

// Whatever the text: no panic; either problems or a patch, which reads back the same
// and holds only what the table allows.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{"", "play.gain=3", "record.port=line_in+0x100", "play.gain_db=-inf", "=", "play.gain=1e99"} {
		f.Add(seed, `{"play":{"gain":1,"port":"speaker"},"monitor_gain":3,"record.pause":true}`)
	}
	f.Add("a=b", `{"play":{"gain":1}`)
	f.Add("play.port=+", `{"play":{"gain_db":"-inf"},"play":[{}],"":null}`)
	f.Fuzz(func(t *testing.T, text, object string) {
		byText, errText := ParsePatch(text)
		byJSON, errJSON := ParsePatchJSON([]byte(object))
		for _, c := range []struct {
			p   Patch
			err error
		}{{byText, errText}, {byJSON, errJSON}} {
			if c.err != nil {
				if c.p != (Patch{}) || c.err.Error() == "" || !errors.Is(c.err, audio.ErrInvalid) {
					t.Fatalf("%s with %v", c.p, c.err)
				}
				continue
			}
			for f, v := range c.p.All() {
				if f.Access()&Settable == 0 || !f.fits(v) || f.target() != f {
					t.Fatalf("%s has a %s that cannot be set", c.p, f)
				}
			}
			if back, err := ParsePatch(c.p.Texts()...); err != nil || back != c.p {
				t.Fatalf("%s, back %s, %v", c.p, back, err)
			}
		}
		i := card()
		before := i
		if _, err := i.Apply(byJSON, cardRules()); err != nil && i != before {
			t.Fatalf("%v, and yet %q", err, diff(before, i))
		}
		i = before
		_ = i.Restore([]byte(object), cardRules())
		for f := range changed(&before, &i).All() {
			if !KeptFields().Has(f) {
				t.Fatalf("restored %s", f)
			}
		}
		_ = json.Unmarshal([]byte(object), &i)
	})
}

func settableNames() string {
	var all []string
	for f := range Fields() {
		if f.Access()&Settable != 0 {
			all = append(all, f.Name())
		}
	}
	return strings.Join(all, ", ")
}
