package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// analysed is what scripts read of the command's JSON.
type analysed struct {
	Name     string
	Seconds  float64
	Channels []struct {
		Peak     *float64 `json:"peak_dbfs"`
		TruePeak *float64 `json:"true_peak_dbfs"`
		RMS      *float64 `json:"rms_dbfs"`
		Clipped  int
		Tone     *struct {
			Frequency float64    `json:"frequency_hz"`
			Level     float64    `json:"level_dbfs"`
			THD       float64    `json:"thd"`
			THDN      float64    `json:"thd_n"`
			SNR       *float64   `json:"snr_db"`
			Harmonics []*float64 `json:"harmonics_dbfs"`
		}
	}
	Correlation []*float64
	Loudness    struct {
		Integrated *float64 `json:"integrated_lufs"`
		ShortTerm  *float64 `json:"short_term_lufs"`
	}
	Transform struct {
		Size, Count int
		Window      string
	}
	Bands *struct {
		PerOctave int `json:"per_octave"`
		Names     []string
		Levels    [][]*float64 `json:"levels_dbfs"`
	}
}

// labSound is three seconds: on the left a sine with a distortion of 1 % and noise, on the right the same inverted and
// half as loud.
func labSound(t *testing.T, f audio.Format) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	samples := make([]float32, 3*f.Rate*2)
	for i := 0; i < len(samples); i += 2 {
		at := 2 * math.Pi * float64(i/2) / float64(f.Rate)
		x := 0.5*math.Sin(997*at) + 0.005*math.Sin(1994*at) + 1e-4*r.NormFloat64()
		samples[i], samples[i+1] = float32(x), float32(-x/2)
	}
	return written(t, f, samples)
}

func written(t *testing.T, f audio.Format, samples []float32) string {
	t.Helper()
	frames := make([]byte, len(samples)*f.Encoding.Bytes())
	f.Encoding.Encode(frames, samples, nil)
	file := filepath.Join(trial.TempDir(t), "sound.wav")
	trial.WriteWAV(t, file, f, frames)
	return file
}

// analyses plays a file into the server end of a loop, and returns what the command says of its client end.
func analyses(t *testing.T, socket, file string, args ...string) outcome {
	t.Helper()
	played := background(t, nil, "--socket", socket, "play", "--server", "loop0", file)
	o := cliRun(t, nil, append([]string{"--socket", socket, "analyse", "--wait", "loop0"}, args...)...)
	<-played
	return o
}

func labFormat() audio.Format { return audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE} }

func TestAnalyse(t *testing.T) {
	socket := testDaemon(t)
	file := labSound(t, labFormat())
	o := analyses(t, socket, file, "--json", "--bands", "1", "--seconds", "2.5")
	o.want(t, exitOK)
	var a analysed
	if err := json.Unmarshal([]byte(o.stdout), &a); err != nil {
		t.Fatal(err, o.stdout)
	}
	if a.Name != "loop0" || a.Seconds != 2.5 || len(a.Channels) != 2 || a.Transform.Size != 16384 || a.Transform.Count < 10 ||
		a.Transform.Window != "blackman-harris-7" || a.Loudness.ShortTerm != nil {
		t.Errorf("%+v", a)
	}
	noise := 20 * math.Log10(1e-4*math.Sqrt2*math.Sqrt(19980.0/24000))
	for i, down := range []float64{0, 6.0206} {
		c := a.Channels[i]
		for what, pair := range map[string][3]float64{
			"peak": {*c.Peak, -6.02 + 0.04 - down, 0.08}, "true peak": {*c.TruePeak, -6.02 + 0.04 - down, 0.08}, "RMS": {*c.RMS, -9.03 - down, 0.01},
			"frequency": {c.Tone.Frequency, 997, 0.001}, "level": {c.Tone.Level, -6.0206 - down, 0.01}, "THD": {c.Tone.THD, 0.01, 2e-5},
			"harmonic": {*c.Tone.Harmonics[0], -46.02 - down, 0.05}, "SNR": {*c.Tone.SNR, -6.02 - noise, 0.3}, "THD+N": {c.Tone.THDN, 0.01, 5e-5},
			"band": {*a.Bands.Levels[i][5], -6.02 - down, 0.05},
		} {
			if math.Abs(pair[0]-pair[1]) > pair[2] {
				t.Errorf("channel %d: %s is %v, want %v", i+1, what, pair[0], pair[1])
			}
		}
	}
	if x := *a.Correlation[0]; math.Abs(x+1) > 1e-6 {
		t.Errorf("correlation %v", x)
	}
	if got, want := *a.Loudness.Integrated, -0.691+0.69+10*math.Log10(0.125*1.25); math.Abs(got-want) > 0.05 {
		t.Errorf("integrated loudness %v, want %v", got, want)
	}
	if fmt.Sprint(a.Bands.Names) != "[31.5 63 125 250 500 1k 2k 4k 8k 16k]" {
		t.Errorf("bands %v", a.Bands.Names)
	}
}

// People get lines, and a picture in which there is a line.
func TestAnalyseText(t *testing.T) {
	socket := testDaemon(t)
	picture := filepath.Join(trial.TempDir(t), "spectrum.png")
	o := analyses(t, socket, labSound(t, labFormat()), "--plot", picture, "--fft", "4096", "--window", "blackman-harris")
	o.want(t, exitOK)
	for _, want := range []string{"loop0: FLOAT_LE, 48000 Hz, 2 channels, 2.0 s", "CHANNEL", "997.0", "1 % (-40.0 dB)", "correlation of 1 and 2: -1.00", "LUFS", "\n     1k "} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("%q is not in\n%s", want, o.stdout)
		}
	}
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	blue := 0
	for x := range p.Bounds().Dx() {
		for y := range p.Bounds().Dy() {
			if r, g, b, _ := p.At(x, y).RGBA(); r>>8 == 0 && g>>8 == 114 && b>>8 == 178 {
				blue++
			}
		}
	}
	if blue < 500 {
		t.Errorf("the picture has a line of %d pixels", blue)
	}
}

// Silence and what is too short are told as such: JSON has no infinity.
func TestAnalyseNothing(t *testing.T) {
	socket := testDaemon(t)
	file := written(t, labFormat(), make([]float32, 2*2*48000))
	o := analyses(t, socket, file, "--json", "--seconds", "1")
	o.want(t, exitOK)
	var a analysed
	if err := json.Unmarshal([]byte(o.stdout), &a); err != nil {
		t.Fatal(err, o.stdout)
	}
	if c := a.Channels[0]; c.Peak != nil || c.TruePeak != nil || c.RMS != nil || c.Tone != nil || a.Correlation[0] != nil || a.Loudness.Integrated != nil {
		t.Errorf("silence: %+v", a)
	}
	o = analyses(t, socket, file, "--seconds", "0.1", "--bands", "0")
	o.want(t, exitOK)
	if !strings.Contains(o.stdout, "too short for the transform") || strings.Contains(o.stdout, "BAND") {
		t.Error(o.stdout)
	}
	o = analyses(t, socket, file, "--seconds", "0.1", "--plot", filepath.Join(trial.TempDir(t), "x.png"))
	o.want(t, exitFailed, "too short for a transform of 16384 samples")
}

// What ends before there was enough is analysed as far as it goes; while it is watched, there is a report each half
// second.
func TestAnalyseToTheEnd(t *testing.T) {
	socket := testDaemon(t)
	file := labSound(t, labFormat())
	o := analyses(t, socket, file, "--seconds", "60", "--bands", "0")
	o.want(t, exitOK)
	if !strings.HasPrefix(o.stdout, "loop0: FLOAT_LE, 48000 Hz, 2 channels, 3.0 s") {
		t.Error(o.stdout)
	}
	o = analyses(t, socket, file, "--watch", "--json", "--bands", "3")
	o.want(t, exitOK)
	all := json.NewDecoder(strings.NewReader(o.stdout))
	var a analysed
	n := 0
	for ; ; n++ {
		a = analysed{}
		if err := all.Decode(&a); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if want := min(3, 0.5*float64(n+1)); math.Abs(a.Seconds-want) > 1e-9 || math.Abs(a.Channels[0].Tone.Frequency-997) > 0.01 {
			t.Errorf("report %d: %v s, %+v", n, a.Seconds, a.Channels[0].Tone)
		}
	}
	if n != 6 && n != 7 { // the end may need a look of its own
		t.Errorf("%d reports of 3 s", n)
	}
}

// toneConfig gives card an input, and a buffer of two seconds, so that a machine that stalls loses nothing of it.
func toneConfig(c *config.Config) {
	cardConfig(c)
	card := &c.Devices[len(c.Devices)-1]
	card.Input, card.Periods = config.Input{Tone: 1000, Level: -20}, 200
}

// heard is what analyse prints of half a second in which the daemon was never too late to hear what passed.
func heard(t *testing.T, socket, place string) string {
	t.Helper()
	for range 20 {
		o := cliRun(t, nil, "--socket", socket, "analyse", place, "--bands", "0", "--seconds", "0.5")
		o.want(t, exitOK)
		if !strings.Contains(o.stderr, "were lost") {
			return o.stdout
		}
	}
	t.Fatal("the machine stalls all the time: frames were lost in 20 measurements")
	return ""
}

// A device without hardware, whose input is a tone.
func TestAnalyseCard(t *testing.T) {
	if text := heard(t, testDaemon(t, toneConfig), "mic"); !strings.Contains(text, "1000.000 Hz  -20.00") {
		t.Error(text)
	}
}

// Places are heard in the daemon, beside the programs that hold an end, also by those who come over TCP.
func TestAnalysePlace(t *testing.T) {
	socket := testDaemon(t, toneConfig)
	cliRun(t, nil, "--socket", socket, "set", "card", "monitor_gain=128").want(t, exitOK) // the input at 128/255
	cliRun(t, nil, "--socket", socket, "analyse", "card").want(t, exitOK)                 // until it has ramped up
	for place, level := range map[string]string{"card:record": "-20.00", "card": "-25.99", "card:play": "-25.99"} {
		text := heard(t, socket, place)
		if !strings.HasPrefix(text, place+": FLOAT_LE, 48000 Hz, 2 channels, 0.5 s") || !strings.Contains(text, "1000.000 Hz  "+level) {
			t.Errorf("%s: %s", place, text)
		}
	}
	cliRun(t, nil, "--socket", socket, "analyse", "nobody:play").want(t, exitFailed, "nobody")
	cliRun(t, nil, "--socket", socket, "analyse", "loop0/client").want(t, exitFailed, "nothing can be heard at loop0/client for now")
}

// A terminal has one text at a time, as much of it as there is room for.
func TestScreen(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, size: func() (int, int) { return 6, 4 }}
	for _, text := range []string{"a\nb\n", "1234567\n2\n3\n4\n5\n"} {
		if err := s.draw(func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := out.String(), "\ra\x1b[K\n\rb\x1b[K\n\x1b[J"+"\x1b[2A\r123456\x1b[K\n\r2\x1b[K\n\r3\x1b[K\n\x1b[J"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	plain := newScreen(&out)
	_ = plain.draw(func(w io.Writer) error { _, err := io.WriteString(w, "a\n"); return err })
	if out.String() != "a\n" {
		t.Errorf("%q", out.String())
	}
}
