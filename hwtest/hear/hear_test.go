package hear

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio/wav"
)

// planted is 16-bit sound with a fault in the middle of it.
type planted struct {
	name  string
	plant func(pcm []byte, at int) []byte // frames of 4 bytes
}

func faults() []planted {
	return []planted{
		{"one lost", func(pcm []byte, at int) []byte { return slices.Delete(pcm, 4*at, 4*at+4) }},
		{"one doubled", func(pcm []byte, at int) []byte { return slices.Insert(pcm, 4*at, pcm[4*at-4:4*at]...) }},
		{"a period lost", func(pcm []byte, at int) []byte { return slices.Delete(pcm, 4*at, 4*(at+480)) }},
		{"a period again", func(pcm []byte, at int) []byte {
			return slices.Insert(pcm, 4*at, slices.Clone(pcm[4*(at-480):4*at])...)
		}},
		{"one sample off", func(pcm []byte, at int) []byte {
			v := int16(binary.LittleEndian.Uint16(pcm[4*at:]))
			binary.LittleEndian.PutUint16(pcm[4*at:], uint16(v+4))
			return pcm
		}},
		{"one silent", func(pcm []byte, at int) []byte {
			clear(pcm[4*at : 4*at+4])
			return pcm
		}},
	}
}

// places are frames all over a period of the tone, so that crests and zeros are among them.
func places() (all []int) {
	for i := range 49 {
		all = append(all, 2000+i)
	}
	return all
}

func TestToneOf16BitsIsWhole(t *testing.T) {
	for _, amplitude := range []float64{0.05, 0.25, 0.999} {
		for _, rate := range []int{44100, 48000, 96000} {
			s := Sound{CountFormat(rate), Sine(CountFormat(rate), 997, amplitude, rate/2)}
			x := s.Channel(1)
			tone := FitTone(x, rate)
			if math.Abs(tone.Hertz-997) > 0.001 || math.Abs(tone.Level-20*math.Log10(amplitude)) > 0.01 || tone.Residual > -60 {
				t.Errorf("amplitude %g at %d Hz: %+v", amplitude, rate, tone)
			}
			if b := Breaks(x, rate); len(b) > 0 {
				t.Errorf("amplitude %g at %d Hz: %d breaks in a whole tone, the first %+v", amplitude, rate, len(b), b[0])
			}
		}
	}
}

func TestFrequenciesThatNobodyNamed(t *testing.T) {
	f := CountFormat(48000)
	for _, hertz := range []float64{41.3, 100, 440, 997, 3000.7, 12345.6} {
		tone := FitTone(Sound{f, Sine(f, hertz, 0.5, 24000)}.Channel(0), 48000)
		if math.Abs(tone.Hertz-hertz) > 0.001 {
			t.Errorf("%g Hz: %+v", hertz, tone)
		}
	}
}

func TestBreaksAreFoundAtTheirPlace(t *testing.T) {
	f := CountFormat(48000)
	for _, fault := range faults() {
		for _, at := range places() {
			pcm := Sine(f, 997, 0.25, 4800)
			if fault.name == "one silent" && math.Abs(math.Sin(2*math.Pi*997*float64(at)/48000)) < 0.001 {
				continue // it was silent
			}
			found := Breaks(Sound{f, fault.plant(pcm, at)}.Channel(0), 48000)
			if len(found) != 1 || found[0].Frame < at-1 || found[0].Frame > at+2 {
				t.Errorf("%s at frame %d: found %+v", fault.name, at, found)
			}
		}
	}
}

// A mixer that scales rounds once more, and an analog path adds noise.
func TestBreaksInNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	f := CountFormat(48000)
	for _, noise := range []float64{0, 1e-5, 1e-4} {
		x := Sound{f, Sine(f, 997, 0.5, 24000)}.Channel(0)
		for i := range x {
			x[i] = math.Round((0.317*x[i]+noise*(2*random.Float64()-1))*32768)/32768 + 0.01
		}
		if b := Breaks(x, 48000); len(b) > 0 {
			t.Errorf("noise %g: breaks in a whole tone: %+v", noise, b)
		}
		x = slices.Delete(x, 20000, 20001)
		if b := Breaks(x, 48000); len(b) != 1 || b[0].Frame < 19999 || b[0].Frame > 20002 {
			t.Errorf("noise %g: one frame lost at 20000, found %+v", noise, b)
		}
	}
}

func TestCountedFaults(t *testing.T) {
	const frames, at = 70000, 66000 // both halves of the number count
	whole := Follow(slices.Concat(make([]byte, 400), Count(1, frames), make([]byte, 40)))
	if whole.From != 100 || whole.First != 1 || whole.Last != frames || len(whole.Faults) > 0 {
		t.Errorf("a whole recording: %+v", whole)
	}
	want := map[string]Fault{
		"one lost":       {Frame: at, Want: at + 1, Lost: 1},
		"one doubled":    {Frame: at, Want: at + 1, Doubled: 1},
		"a period lost":  {Frame: at, Want: at + 1, Lost: 480},
		"a period again": {Frame: at, Want: at + 1, Doubled: 480},
		"one sample off": {Frame: at, Want: at + 1, Wrong: true},
		"one silent":     {Frame: at + 1, Want: at + 1, Lost: 1, Silent: 1},
	}
	for _, fault := range faults() {
		got := Follow(fault.plant(Count(1, frames), at))
		if len(got.Faults) != 1 || got.Faults[0] != want[fault.name] || got.Last != frames {
			t.Errorf("%s: found %+v", fault.name, got)
		}
	}
	if got := Follow(make([]byte, 4000)); got.First != 0 || len(got.Faults) > 0 {
		t.Errorf("silence: %+v", got)
	}
	gap := slices.Insert(Count(1, frames), 4*at, make([]byte, 400)...)
	if got := Follow(gap); len(got.Faults) != 1 || got.Faults[0] != (Fault{Frame: at + 100, Want: at + 1, Silent: 100}) {
		t.Errorf("silence in between: %+v", got)
	}
}

func TestSpans(t *testing.T) {
	f := CountFormat(48000)
	pcm := slices.Concat(make([]byte, 4000), Sine(f, 997, 0.25, 9600), make([]byte, 4*4800), Sine(f, 997, 0.25, 4800), make([]byte, 4000))
	got := Spans(Sound{f, pcm}.Channel(0), -60, 480)
	if len(got) != 2 || got[0] != (Span{1001, 10600}) && got[0] != (Span{1001, 10599}) || got[1].From != 15401 {
		t.Errorf("%+v", got)
	}
	if level := Level(Sound{f, Sine(f, 997, 0.25, 48000)}.Channel(0)); math.Abs(level+12.04) > 0.01 {
		t.Errorf("level %.2f dBFS", level)
	}
	if quiet := Spans(make([]float64, 1000), -90, 10); len(quiet) != 0 {
		t.Errorf("silence: %+v", quiet)
	}
	if tone := FitTone(make([]float64, 1000), 48000); !math.IsInf(tone.Level, -1) {
		t.Errorf("silence: %+v", tone)
	}
}

// Who records may be killed: the header then has no lengths, and the last frame is cut.
func TestHeadersThatAreWrong(t *testing.T) {
	f := CountFormat(48000)
	pcm := Count(1, 1000)
	var b bytes.Buffer
	w, err := wav.NewWriter(&b, f)
	if err == nil {
		err = w.WriteFrames(pcm)
	}
	if err != nil {
		t.Fatal(err)
	}
	body := b.Len() - len(pcm)
	for name, sizes := range map[string][2]uint32{
		"none": {0, 0}, "right": {uint32(b.Len() - 8), uint32(len(pcm))}, "too long": {9000, 8000},
	} {
		file := bytes.Clone(b.Bytes())
		binary.LittleEndian.PutUint32(file[4:], sizes[0])
		binary.LittleEndian.PutUint32(file[body-4:], sizes[1])
		for _, cut := range []int{0, 3, 4} {
			s, err := read(bytes.NewReader(file[:len(file)-cut]))
			if want := 1000 - (cut+3)/4; err != nil || s.Frames() != want || !bytes.Equal(s.PCM, pcm[:4*want]) {
				t.Errorf("lengths %s, %d bytes cut: %d frames, %v", name, cut, s.Frames(), err)
			}
		}
	}
}
