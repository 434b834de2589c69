package metering_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/mixer/metering"
)

// The loudness, its range and the true peak of a file are those of FFmpeg's filter ebur128, within 0.1 LU and 0.1 dB.
func TestFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("not tested: loudness beside FFmpeg's; there is no ffmpeg")
	}
	five := []audio.Position{audio.FrontLeft, audio.FrontRight, audio.FrontCentre, audio.LowFrequency, audio.RearLeft, audio.RearRight}
	for _, c := range []struct {
		name string
		f    audio.Format
	}{
		{"stereo", format(48000, 2, audio.FrontLeft, audio.FrontRight)},
		{"mono 44.1", format(44100, 1, audio.FrontCentre)},
		{"5.1", format(48000, 6, five...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.f.Encoding = audio.FloatLE
			block := programme(c.f)
			m := metering.New(c.f, all)
			feed(m, c.f, block)
			r := read(m)
			theirs := ebur128(t, c.f, block)
			about(t, "integrated", r.Integrated, theirs["I"], 0.1)
			about(t, "range", r.Range, theirs["LRA"], 0.1)
			about(t, "momentary", r.Momentary, theirs["M"], 0.1)
			about(t, "short-term", r.ShortTerm, theirs["S"], 0.1)
			for i, ch := range r.Channels {
				about(t, fmt.Sprintf("true peak of channel %d", i), metering.DBFS(ch.TruePeak), metering.DBFS(theirs[fmt.Sprintf("true_peaks_ch%d", i)]), 0.1)
			}
			t.Logf("ours %.3f LUFS %.3f LU, %.3f dBTP; theirs %v", r.Integrated, r.Range, metering.DBFS(r.Channels[0].TruePeak), theirs)
		})
	}
}

// programme is half a minute of noise that is as loud as speech and music: pink, of changing level, with pauses, and with
// sines near a quarter of the rate, which are loudest between samples.
func programme(f audio.Format) []float32 {
	r := rand.New(rand.NewPCG(7, uint64(f.Channels)))
	frames := 30 * f.Rate
	block := make([]float32, frames*f.Channels)
	for c := range f.Channels {
		var slow [6]float64
		level := 0.0
		for i := range frames {
			if i%(f.Rate/2) == 0 {
				level = math.Pow(10, (-10-25*r.Float64())/20)
				if r.IntN(8) == 0 {
					level = 0
				}
			}
			x := 0.0
			for k := range slow { // a sum of noises that change at different rates
				if i%(1<<k) == 0 {
					slow[k] += 0.7 * (r.Float64()*2 - 1 - slow[k])
				}
				x += slow[k]
			}
			tone := math.Sin(2*math.Pi*float64(i)*(0.23+0.002*float64(c)) + 0.7)
			block[i*f.Channels+c] = float32(level * (0.3*x + 0.8*tone))
		}
	}
	return block
}

// ebur128 returns what FFmpeg found at the end of a file.
func ebur128(t *testing.T, f audio.Format, block []float32) map[string]float64 {
	t.Helper()
	data := make([]byte, 4*len(block))
	f.Encoding.Encode(data, block, nil)
	name := filepath.Join(t.TempDir(), "programme.wav")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := wav.NewWriter(file, f)
	if err == nil {
		if err = w.WriteFrames(data); err == nil {
			err = w.Close()
		}
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", name, "-af", "ebur128=peak=true:metadata=1,ametadata=print:file=-", "-f", "null", "-")
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, errors.String())
	}
	last := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && strings.HasPrefix(key, "lavfi.r128.") {
			if x, err := strconv.ParseFloat(value, 64); err == nil {
				last[strings.TrimPrefix(key, "lavfi.r128.")] = x
			}
		}
	}
	if len(last) < 4 {
		t.Fatalf("ffmpeg told nothing: %s", out)
	}
	return last
}
