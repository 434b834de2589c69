package alsatest_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/resample/resampletest"
	"github.com/loopbridge/loopbridge/server/servertest"
)

const seconds = 600

// TestD12TenMinutesOfEveryKind plays ten minutes of a tone in formats that the server
// does not have, as fast as the machine can: no frame too much or too little, the level
// within 0.01 dB, the frequency within 0.1 Hz.
func TestD12TenMinutesOfEveryKind(t *testing.T) {
	aplay := func(r *rig, f audio.Format) *program { // to the end of its input it would add a period of silence
		return r.start("aplay", append(rawArgs(f), "-s", strconv.Itoa(seconds*f.Rate), "-D", "loopbridge:loop0", "--buffer-size", strconv.Itoa(f.Rate/2), "--period-size", strconv.Itoa(f.Rate/10), "-")...)
	}
	ffmpeg := func(r *rig, f audio.Format) *program {
		return r.start("ffmpeg", "-v", "error", "-nostdin", "-f", "f32le", "-ar", strconv.Itoa(f.Rate), "-channel_layout", "5.1",
			"-ac", strconv.Itoa(f.Channels), "-i", "pipe:0", "-f", "alsa", "loopbridge:loop0")
	}
	for name, c := range map[string]struct {
		f    audio.Format
		play func(*rig, audio.Format) *program
	}{
		"8000 Hz MU_LAW mono by aplay":     {audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}, aplay},
		"22050 Hz U8 mono by aplay":        {audio.Format{Rate: 22050, Channels: 1, Encoding: audio.U8}, aplay},
		"44100 Hz S24_3LE stereo by aplay": {audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S24LE3}, aplay},
		"96000 Hz FLOAT_LE 5.1 by ffmpeg":  {audio.Format{Rate: 96000, Channels: 6, Encoding: audio.FloatLE}, ffmpeg},
		"192000 Hz S32_LE stereo by aplay": {audio.Format{Rate: 192000, Channels: 2, Encoding: audio.S32LE}, aplay},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenMinutes(t, c.f, c.play)
		})
	}
}

func tenMinutes(t *testing.T, f audio.Format, play func(*rig, audio.Format) *program) {
	const hertz = 1000.0
	r := rigOf(t)
	conf := r.write("loopbridge.toml", []byte("daemon.state = \"none\"\n[[device]]\nname = \"fast\"\nbackend = \"null\"\nperiod = \"100ms\"\nfreewheel = true\n[[loop]]\nname = \"loop0\"\ndevice = \"fast\"\n"))
	r.start(r.loopbridge(), "serve", "--socket", r.socket, "--config", conf)
	r.until("the daemon is there", func() bool { return servertest.Answers(t.Context(), r.socket) == nil })
	to := audio.DefaultFormat()
	server, err := client.Open(t.Context(), r.socket, "loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read, Format: to, Period: 4800, Buffer: 48000})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Abandon()

	second := resampletest.Tone(hertz/float64(f.Rate), f.Rate)
	samples := make([]float32, f.Rate*f.Channels)
	for i := range samples {
		samples[i] = second[2*(i/f.Channels)] / 2
	}
	sound := make([]byte, f.Rate*f.FrameBytes())
	f.Encoding.Encode(sound, samples, nil)
	f.Encoding.Decode(samples, sound) // what a law or 8 bits leave of the level
	for i := range f.Rate {
		second[2*i] = samples[i*f.Channels]
	}
	level := resampletest.FitTone(second, hertz/float64(f.Rate)).Gain

	r.input = io.LimitReader(endless(sound), seconds*int64(len(sound)))
	playing := play(r, f)
	frames, early, late := 0, []byte(nil), []byte(nil)
	block := make([]byte, 4800*to.FrameBytes())
	for {
		n, err := server.Read(t.Context(), block)
		if errors.Is(err, audio.ErrReset) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got := block[:n*to.FrameBytes()]
		if frames >= 2*to.Rate && len(early) < 4*to.Rate*to.FrameBytes() {
			early = append(early, got...)
		}
		if frames >= (seconds-6)*to.Rate && len(late) < 4*to.Rate*to.FrameBytes() {
			late = append(late, got...)
		}
		frames += n
	}
	playing.succeeds(r)
	if extra := frames - seconds*to.Rate; extra != 0 {
		t.Errorf("%d frames came, %+d of what was played", frames, extra)
	}
	for when, sound := range map[string][]byte{"after two seconds": early, "in the end": late} {
		gain, off := toneOf(to, sound, hertz)
		t.Logf("%s: level %+.4f dB, frequency %+.5f Hz", when, gain-level, off)
		if math.Abs(gain-level) > 0.01 || math.Abs(off) > 0.1 {
			t.Errorf("%s: level %+.4f dB, frequency %+.5f Hz", when, gain-level, off)
		}
	}
}

// toneOf is the gain of a tone in dB, and how far from its frequency it is.
func toneOf(f audio.Format, sound []byte, hertz float64) (gain, off float64) {
	samples := make([]float32, len(sound)/f.Encoding.Bytes())
	f.Encoding.Decode(samples, sound)
	half := len(samples) / 4 * 2
	first, second := resampletest.FitTone(samples[:half], hertz/float64(f.Rate)), resampletest.FitTone(samples[half:2*half], hertz/float64(f.Rate))
	frames := float64(half / 2)
	expected := 2 * math.Pi * math.Mod(hertz*frames/float64(f.Rate), 1)
	turn := math.Remainder(second.Phase-first.Phase-expected, 2*math.Pi)
	return first.Gain, turn / (2 * math.Pi) / (frames / float64(f.Rate))
}

// endless is the same sound again and again.
func endless(sound []byte) io.Reader { return &repeating{sound: sound} }

type repeating struct {
	sound []byte
	rest  bytes.Reader
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.rest.Len() == 0 {
		r.rest.Reset(r.sound)
	}
	return r.rest.Read(p)
}
