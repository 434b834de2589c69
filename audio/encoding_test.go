package audio

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// The numbers are those of the wire protocol and must never change.
func TestD5Encodings(t *testing.T) {
	for i, c := range []struct {
		e           Encoding
		name        string
		bytes, bits int
		silence     byte
	}{
		{U8, "U8", 1, 8, 0x80},
		{S8, "S8", 1, 8, 0},
		{S16LE, "S16_LE", 2, 16, 0},
		{S16BE, "S16_BE", 2, 16, 0},
		{S24LE3, "S24_3LE", 3, 24, 0},
		{S24BE3, "S24_3BE", 3, 24, 0},
		{S24LE, "S24_LE", 4, 24, 0},
		{S24BE, "S24_BE", 4, 24, 0},
		{S32LE, "S32_LE", 4, 32, 0},
		{S32BE, "S32_BE", 4, 32, 0},
		{FloatLE, "FLOAT_LE", 4, 32, 0},
		{FloatBE, "FLOAT_BE", 4, 32, 0},
		{Float64LE, "FLOAT64_LE", 8, 64, 0},
		{Float64BE, "FLOAT64_BE", 8, 64, 0},
		{MuLaw, "MU_LAW", 1, 8, 0xFF},
		{ALaw, "A_LAW", 1, 8, 0xD5},
	} {
		if int(c.e) != i+1 || !c.e.Valid() {
			t.Errorf("%v has the number %d, want %d", c.e, c.e, i+1)
		}
		if c.e.String() != c.name || c.e.Bytes() != c.bytes || c.e.Bits() != c.bits {
			t.Errorf("%v: %d bytes, %d bits; want %s, %d, %d", c.e, c.e.Bytes(), c.e.Bits(), c.name, c.bytes, c.bits)
		}
		p := []byte{1, 2, 3, 4, 5, 6, 7, 8}
		c.e.Silence(p)
		for _, b := range p {
			if b != c.silence {
				t.Errorf("silence of %v is % x, want %02x", c.e, p, c.silence)
				break
			}
		}
		for _, name := range []string{c.name, strings.ToLower(c.name)} {
			if got, err := ParseEncoding(name); got != c.e || err != nil {
				t.Errorf("%q is %v, error %v; want %v", name, got, err, c.e)
			}
		}
	}
	if n := len(Encodings()); n != 16 || strings.Count(EncodingNames(), ", ") != 15 {
		t.Errorf("%d encodings, named %s", n, EncodingNames())
	}
}

func TestEncodingInvalid(t *testing.T) {
	for _, e := range []Encoding{0, ALaw + 1, 255} {
		if e.Valid() || e.Bytes() != 0 || e.Bits() != 0 || !strings.HasPrefix(e.String(), "encoding(") {
			t.Errorf("%v is taken for an encoding", e)
		}
		if _, err := json.Marshal(e); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v as JSON: error %v, want ErrInvalid", e, err)
		}
		p := []byte{1, 2}
		if e.Silence(p); p[0] != 0 || p[1] != 0 {
			t.Errorf("silence of %v is % x", e, p)
		}
	}
	for _, name := range []string{"", "S16", "U8 ", "encoding(3)"} {
		_, err := ParseEncoding(name)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "use one of U8, S8, S16_LE,") {
			t.Errorf("%q: error %v, want ErrInvalid with the names", name, err)
		}
	}
}

func TestEncodingJSON(t *testing.T) {
	for _, e := range Encodings() {
		b, err := json.Marshal(map[string]Encoding{"format": e})
		if want := `{"format":"` + e.String() + `"}`; string(b) != want || err != nil {
			t.Errorf("%v as JSON is %s, error %v", e, b, err)
		}
		var back map[string]Encoding
		if err := json.Unmarshal(b, &back); err != nil || back["format"] != e {
			t.Errorf("%s is %v, error %v", b, back, err)
		}
	}
	var e Encoding
	if err := json.Unmarshal([]byte(`"S17_LE"`), &e); !errors.Is(err, ErrInvalid) {
		t.Errorf("S17_LE: error %v, want ErrInvalid", err)
	}
}
