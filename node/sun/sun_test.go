package sun

import (
	"bytes"
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

func fresh() state.Info {
	const hw = state.HWPlay | state.HWRecord | state.HWDuplex | state.HWIn2Out
	return state.NewInfo(audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}, hw, state.Rules{})
}

// What Put wrote sets nothing when it is given back: a program may set what it has got.
func TestGivenBackItSetsNothingNew(t *testing.T) {
	i := fresh()
	b := make([]byte, InfoBytes)
	Put(b, &i)
	p, err := Decode(b, &i)
	if err != nil {
		t.Fatal(err)
	}
	next := i
	if _, err := next.Apply(p, state.Rules{}); err != nil || next != i {
		t.Errorf("%v: %v", err, p)
	}
}

func TestInitInfoIsNothing(t *testing.T) {
	i := fresh()
	p, err := Decode(bytes.Repeat([]byte{0xFF}, InfoBytes), &i)
	if err != nil || p.Fields() != 0 {
		t.Errorf("%v %v", p, err)
	}
}

func TestEncodings(t *testing.T) {
	for _, e := range []audio.Encoding{audio.MuLaw, audio.ALaw, audio.U8, audio.S8, linear(16), linear(32)} {
		word, bits := wordOf(e)
		if got := encodingOf(word, bits); got != e {
			t.Errorf("%s is %d of %d bits, which is %s", e, word, bits, got)
		}
	}
	if word, _ := wordOf(audio.Float64LE); word != wordNone {
		t.Errorf("a float is %d", word)
	}
	i := fresh()
	b := bytes.Repeat([]byte{0xFF}, InfoBytes)
	copy(b[precisionAt:], []byte{9, 0, 0, 0})
	if _, err := Decode(b, &i); !errors.Is(err, audio.ErrInvalid) {
		t.Errorf("9 bits: %v", err)
	}
	copy(b[precisionAt:], []byte{16, 0, 0, 0})
	copy(b[encodingAt:], []byte{3, 0, 0, 0})
	if p, err := Decode(b, &i); err != nil {
		t.Error(err)
	} else if v, ok := p.Get(state.PlayEncoding); !ok || audio.Encoding(v) != linear(16) {
		t.Error(p)
	}
}

// FuzzDecode: what is accepted is within the ranges of the table.
func FuzzDecode(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0xFF}, InfoBytes))
	f.Add(make([]byte, InfoBytes))
	f.Fuzz(func(t *testing.T, in []byte) {
		b := make([]byte, InfoBytes)
		copy(b, in)
		i := fresh()
		p, err := Decode(b, &i)
		if err != nil {
			return
		}
		for field, v := range p.All() {
			var one state.Patch
			if err := one.Set(field, v); err != nil {
				t.Fatalf("%s = %d: %v", field, v, err)
			}
		}
	})
}
