package audio

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestD5Limits(t *testing.T) {
	for _, c := range []struct {
		f    Format
		want string // part of the error
	}{
		{Format{Rate: 1000, Channels: 1, Encoding: U8}, ""},
		{Format{Rate: 768000, Channels: 64, Encoding: Float64BE}, ""},
		{Format{Rate: 44101, Channels: 3, Encoding: S24BE}, ""},
		{Format{Rate: 8000, Channels: 1, Encoding: MuLaw}, ""},
		{Format{Rate: 999, Channels: 1, Encoding: U8}, "rate 999 Hz is out of range; use 1000..768000"},
		{Format{Rate: 768001, Channels: 1, Encoding: U8}, "rate 768001 Hz is out of range"},
		{Format{Rate: -1, Channels: 1, Encoding: U8}, "rate -1 Hz"},
		{Format{Rate: 8000, Channels: 0, Encoding: U8}, "0 channels are out of range; use 1..64"},
		{Format{Rate: 8000, Channels: 65, Encoding: U8}, "65 channels are out of range"},
		{Format{Rate: 8000, Channels: -2, Encoding: U8}, "-2 channels are out of range"},
		{Format{Rate: 8000, Channels: 1, Encoding: 0}, "encoding(0) is not an encoding; use one of U8, S8, S16_LE"},
		{Format{Rate: 8000, Channels: 1, Encoding: ALaw + 1}, "encoding(17) is not an encoding"},
		{Format{}, "rate 0 Hz"},
	} {
		err := c.f.Validate()
		if c.want == "" && err != nil {
			t.Errorf("%v: %v", c.f, err)
		}
		if c.want != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: error %v, want %q", c.f, err, c.want)
		}
	}
}

func TestD5Default(t *testing.T) {
	d := DefaultFormat()
	if want := (Format{Rate: 48000, Channels: 2, Encoding: S16LE}); d != want || d.Validate() != nil {
		t.Errorf("the default is %v, want %v", d, want)
	}
	if !(Format{}).IsZero() || d.IsZero() || (Format{Channels: 1}).IsZero() {
		t.Error("IsZero")
	}
	if got, want := (Format{Channels: 6}).Or(d), (Format{Rate: 48000, Channels: 6, Encoding: S16LE}); got != want {
		t.Errorf("6 channels or the default: %v, want %v", got, want)
	}
	full := Format{Rate: 8000, Channels: 1, Encoding: MuLaw}
	if got := full.Or(d); got != full {
		t.Errorf("%v or the default: %v", full, got)
	}
}

func TestFormatSizes(t *testing.T) {
	for _, c := range []struct {
		f     Format
		bytes int
		text  string
	}{
		{Format{Rate: 8000, Channels: 1, Encoding: MuLaw}, 1, "MU_LAW, 8000 Hz, mono"},
		{DefaultFormat(), 4, "S16_LE, 48000 Hz, 2 channels"},
		{Format{Rate: 44100, Channels: 6, Encoding: S24LE3}, 18, "S24_3LE, 44100 Hz, 6 channels"},
		{Format{Rate: 44100, Channels: 6, Encoding: S24LE}, 24, "S24_LE, 44100 Hz, 6 channels"},
		{Format{Rate: 768000, Channels: 64, Encoding: Float64LE}, 512, "FLOAT64_LE, 768000 Hz, 64 channels"},
		{Format{Rate: 8000, Channels: 2, Encoding: 0}, 0, "encoding(0), 8000 Hz, 2 channels"},
	} {
		if got := c.f.FrameBytes(); got != c.bytes {
			t.Errorf("%v: frames of %d bytes, want %d", c.f, got, c.bytes)
		}
		if got := c.f.String(); got != c.text {
			t.Errorf("prints %q, want %q", got, c.text)
		}
	}
}

func TestFormatTimes(t *testing.T) {
	f := Format{Rate: 44100, Channels: 2, Encoding: S16LE}
	for _, c := range []struct {
		d time.Duration
		n int64
	}{
		{0, 0}, {time.Second, 44100}, {10 * time.Millisecond, 441}, {time.Second / 44100, 0}, {22676, 1},
		{time.Hour, 158760000}, {math.MaxInt64, 406750706825295},
	} {
		if got := f.Frames(c.d); got != c.n {
			t.Errorf("%v are %d frames, want %d", c.d, got, c.n)
		}
	}
	if got := f.Duration(441); got != 10*time.Millisecond {
		t.Errorf("441 frames last %v", got)
	}
	if got := f.Duration(1); got != 22675 {
		t.Errorf("1 frame lasts %v", got)
	}
	if got := (Format{}).Duration(5); got != 0 {
		t.Errorf("no format: %v", got)
	}
}

func TestFormatTimesAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Format{Rate: rapid.IntRange(MinRate, MaxRate).Draw(t, "rate"), Channels: 1, Encoding: U8}
		n := rapid.Int64Range(0, 1<<42).Draw(t, "frames") // 66 days at 768 kHz
		if got := f.Frames(f.Duration(n) + 1); got != n {
			t.Fatalf("%d frames last %v, which are %d frames", n, f.Duration(n), got)
		}
	})
}

func TestMulDivIsExact(t *testing.T) {
	most := uint64(math.MaxUint64)
	for _, c := range [][4]uint64{
		{0, most, 1, 0}, {most, most, most, most}, {most, 1, 1, most}, {most, 2, 1, most}, {most, most, most - 1, most},
		{1 << 63, 2, 2, 1 << 63}, {1 << 63, 2, 1, most}, {3, 5, 7, 2}, {most, 768000, 1000000000, 14167099448608935},
	} {
		if got := MulDiv(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%d × %d ÷ %d = %d, want %d", c[0], c[1], c[2], got, c[3])
		}
	}
}

func TestMulDivAgreesWithBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b")
		c := rapid.Uint64Min(1).Draw(t, "c")
		want := new(big.Int).SetUint64(a)
		want.Mul(want, new(big.Int).SetUint64(b)).Div(want, new(big.Int).SetUint64(c))
		if !want.IsUint64() {
			want.SetUint64(math.MaxUint64)
		}
		if got := MulDiv(a, b, c); got != want.Uint64() {
			t.Fatalf("%d × %d ÷ %d = %d, want %v", a, b, c, got, want)
		}
	})
}

func TestFormatJSON(t *testing.T) {
	f := Format{Rate: 44100, Channels: 6, Encoding: S24LE3}
	b, err := json.Marshal(f)
	if want := `{"rate":44100,"channels":6,"format":"S24_3LE"}`; string(b) != want || err != nil {
		t.Errorf("JSON %s, error %v; want %s", b, err, want)
	}
	var back Format
	if err := json.Unmarshal(b, &back); err != nil || back != f {
		t.Errorf("back from JSON: %v, error %v", back, err)
	}
}
