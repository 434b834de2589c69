package main

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func TestPeak(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	f32, f64 := math.Float32bits(-0.5), math.Float64bits(-0.5)
	tests := map[audio.Encoding]struct{ full, half []byte }{
		audio.U8:        {[]byte{0}, []byte{0xC0}},
		audio.S8:        {[]byte{0x80}, []byte{0x40}},
		audio.S16LE:     {[]byte{0x00, 0x80}, []byte{0x00, 0x40}},
		audio.S16BE:     {[]byte{0x80, 0x00}, []byte{0x40, 0x00}},
		audio.S24LE3:    {[]byte{0, 0, 0x80}, []byte{0, 0, 0x40}},
		audio.S24BE3:    {[]byte{0x80, 0, 0}, []byte{0x40, 0, 0}},
		audio.S24LE:     {[]byte{0, 0, 0x80, 0xFF}, []byte{0, 0, 0x40, 0}},
		audio.S24BE:     {[]byte{0xFF, 0x80, 0, 0}, []byte{0, 0x40, 0, 0}},
		audio.S32LE:     {[]byte{0, 0, 0, 0x80}, []byte{0, 0, 0, 0x40}},
		audio.S32BE:     {[]byte{0x80, 0, 0, 0}, []byte{0x40, 0, 0, 0}},
		audio.FloatLE:   {le.AppendUint32(nil, math.Float32bits(1)), le.AppendUint32(nil, f32)},
		audio.FloatBE:   {be.AppendUint32(nil, math.Float32bits(1)), be.AppendUint32(nil, f32)},
		audio.Float64LE: {le.AppendUint64(nil, math.Float64bits(1)), le.AppendUint64(nil, f64)},
		audio.Float64BE: {be.AppendUint64(nil, math.Float64bits(1)), be.AppendUint64(nil, f64)},
		audio.MuLaw:     {[]byte{0x80}, []byte{0x90}},
		audio.ALaw:      {[]byte{0xAA}, []byte{0xBA}},
	}
	for _, e := range audio.Encodings() {
		test, ok := tests[e]
		if !ok {
			t.Errorf("%s: not tested", e)
			continue
		}
		// The largest codes of the laws are 2 % below full scale.
		silence := make([]byte, 3*e.Bytes())
		e.Silence(silence)
		if got := peakOf(e, silence); got > 0.001 {
			t.Errorf("%s: silence has peak %v", e, got)
		}
		if got := peakOf(e, append(silence, test.half...)); math.Abs(got-0.5) > 0.02 {
			t.Errorf("%s: half of full scale has peak %v", e, got)
		}
		if got := peakOf(e, append(append(test.half, test.full...), silence...)); math.Abs(got-1) > 0.02 {
			t.Errorf("%s: full scale has peak %v", e, got)
		}
	}
	nan := le.AppendUint32(nil, math.Float32bits(float32(math.NaN())))
	if got := peakOf(audio.FloatLE, nan); got != 0 {
		t.Errorf("not a number has peak %v", got)
	}
}

// 0 dBFS of the laws, G.711: the codes of magnitude 1 and of silence.
func TestPeakOfLaws(t *testing.T) {
	if got := peakOf(audio.MuLaw, []byte{0x00}) * 8192; got != 8031 {
		t.Errorf("µ-law 0x00 is %v, want 8031", got)
	}
	if got := peakOf(audio.MuLaw, []byte{0x7F}); got != 0 {
		t.Errorf("µ-law 0x7F is %v, want 0", got)
	}
	if got := peakOf(audio.ALaw, []byte{0x2A}) * 4096; got != 4032 {
		t.Errorf("A-law 0x2A is %v, want 4032", got)
	}
	if got := peakOf(audio.ALaw, []byte{0x55}) * 4096; got != 1 {
		t.Errorf("A-law 0x55 is %v, want 1", got)
	}
}

func TestProgressText(t *testing.T) {
	columns := 80
	g := &progress{loop: "loop0", width: func() int { return columns }, f: audio.DefaultFormat(), total: 48000 * 63}
	if got := g.textLocked(); got != "" {
		t.Errorf("before anything: %q", got)
	}
	g.seen = reading{state: "waiting for a server"}
	if got, want := g.textLocked(), "loop0: waiting for a server"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	g.seen, g.peak = reading{state: "playing", open: true, moved: 48000*61 + 24000, xruns: 2}, 0.5
	full := "loop0: playing 1:01.5 of 1:03.0   -6.0 dBFS  xruns 2  [==================  ]"
	if got := g.textLocked(); got != full {
		t.Errorf("%q, want %q", got, full)
	}
	for columns = range 90 {
		if got := g.textLocked(); len(got) >= max(1, columns) || !strings.HasPrefix(full, got) {
			t.Errorf("%d columns: %q has %d", columns, got, len(got))
		}
	}
	columns = 80
	g.seen.state, g.seen.past = "played", true
	if got, want := g.textLocked(), "loop0: played 1:01.5 of 1:03.0  xruns 2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestClockAndDecibels(t *testing.T) {
	f := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.ALaw}
	for frames, want := range map[int64]string{
		0: "0:00.0", 799: "0:00.0", 800: "0:00.1", 8000 * 60: "1:00.0", 8000*3600 - 1: "59:59.9", 8000 * 3723: "1:02:03.0",
	} {
		if got := clock(f, frames); got != want {
			t.Errorf("clock of %d frames is %s, want %s", frames, got, want)
		}
	}
	for peak, want := range map[float64]string{0: "-inf dBFS", 1: "0.0 dBFS", 0.9999: "0.0 dBFS", 0.1: "-20.0 dBFS", 2: "6.0 dBFS"} {
		if got := decibels(peak); got != want {
			t.Errorf("decibels of %v is %s, want %s", peak, got, want)
		}
	}
}
