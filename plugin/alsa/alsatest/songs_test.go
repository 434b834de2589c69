package alsatest_test

import (
	"encoding/binary"
	"strconv"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// The tone that songs are made of.
const (
	songHertz     = 500
	songAmplitude = 16000.0
)

// heardSongs fails the test unless what was recorded is so many seconds of that tone, with nothing
// but silence between them: players fill up their last period.
func (r *rig) heardSongs(got []byte, f audio.Format, channel, seconds int) {
	r.Helper()
	sounding, cycles := songsIn(got, f, channel)
	const edge = 200 // frames that a converter rings for
	if want := seconds * f.Rate; sounding < want-want/40 || sounding > want+seconds*edge {
		r.Errorf("%d of %d recorded frames sound, want %d", sounding, len(got)/f.FrameBytes(), want)
	}
	if want := seconds * songHertz; cycles < want-2*seconds || cycles > want+2*seconds {
		r.Errorf("%d cycles, want %d", cycles, want)
	}
}

// untilSongs waits until so many seconds of that tone are recorded in out.raw, whatever silence is
// between them, but for the last chunk: arecord writes that when it is stopped.
func (r *rig) untilSongs(f audio.Format, channel, seconds int) {
	r.Helper()
	r.until("all is recorded", func() bool {
		_, cycles := songsIn(r.read("out.raw"), f, channel)
		return cycles >= seconds*(songHertz-2)-chunk*songHertz/f.Rate-1
	})
}

// songsIn counts the frames that are no silence, and the cycles of that tone.
func songsIn(got []byte, f audio.Format, channel int) (sounding, cycles int) {
	below := false
	for i := range len(got) / f.FrameBytes() {
		v := int16(binary.LittleEndian.Uint16(got[i*f.FrameBytes()+2*channel:]))
		if v != 0 {
			sounding++
		}
		if v > songAmplitude/4 && below { // what a converter rings is less
			cycles++
		}
		below = v < -songAmplitude/4 || below && v <= songAmplitude/4
	}
	return sounding, cycles
}

// TestSongsOfOneRecording: a player that goes on with another rate, and other channels, is recorded
// on. snd-aloop would refuse all but the first. Where on_client_close is "reset" that is the end
// of the stream, and who plays and who records are told.
func TestSongsOfOneRecording(t *testing.T) {
	for _, spec := range []loop.Spec{{OnClientClose: loop.Reset}, {OnClientClose: loop.Hold}, {OnClientClose: loop.Hold, Clients: loop.Shared}} {
		t.Run(spec.OnClientClose.String()+" "+strconv.FormatBool(spec.Clients == loop.Shared), func(t *testing.T) {
			t.Parallel()
			spec.Name = "loop0"
			r := newRig(t, followsTheWork, spec)
			out := audio.DefaultFormat()
			recording := r.record(out, "loopbridge:loop0,server")
			r.serverArmed("loop0")
			args, seconds := []string{"-q", "-D", "loopbridge:loop0"}, 0
			for _, rate := range []int{44100, 48000, 8000, 96000} {
				f := audio.Format{Rate: rate, Channels: 1 + seconds%2, Encoding: audio.S16LE}
				seconds++
				args = append(args, r.write(strconv.Itoa(rate)+".wav", wavOf(t, f, tone(f, songHertz, songAmplitude, rate))))
			}
			playing := r.run("aplay", args...)
			if spec.OnClientClose == loop.Reset {
				playing.said(r, "on_client_close")
				recording.wait(r).said(r, "on_client_close")
				return
			}
			r.untilSongs(out, 0, seconds)
			recording.stop(r)
			playing.succeeds(r)
			r.heardSongs(r.read("out.raw"), out, 0, seconds)
		})
	}
}

// TestPluginsOnTop: alsa-lib's own plugins have a loop below them as they have a card, with
// either access.
func TestPluginsOnTop(t *testing.T) {
	definitions := `
		pcm.onrate { type rate slave { pcm "loopbridge:loop0" format S16_LE rate 32000 } }
		pcm.onplug { type plug slave { pcm "loopbridge:loop0" format S32_LE rate 48000 channels 1 } }
		pcm.onroute { type route slave { pcm "loopbridge:loop0" channels 2 } ttable { 0.1 1 1.0 1 } }
		pcm.onfile { type file slave.pcm "loopbridge:loop0" file "/dev/null" format "raw" }
		pcm.onlinear { type linear slave { pcm "loopbridge:loop0" format S24_3LE } }`
	for _, name := range []string{"onrate", "onplug", "onroute", "onfile", "onlinear"} {
		for _, access := range []string{"-q", "-M"} {
			t.Run(name+" "+access, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, followsTheWork, loop.Spec{Name: "loop0", OnClientClose: loop.Hold})
				r.rc = definitions
				in, out := audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S16LE}, audio.DefaultFormat()
				recording := r.record(out, "loopbridge:loop0,server")
				r.serverArmed("loop0")
				r.run("aplay", "-q", access, "-D", name, r.write("a.wav", wavOf(t, in, tone(in, songHertz, songAmplitude, in.Rate)))).succeeds(r)
				r.untilSongs(out, 1, 1)
				recording.stop(r)
				r.heardSongs(r.read("out.raw"), out, 1, 1)
			})
		}
	}
}

// TestSoundsShorterThanTheBuffer: each beep is heard, to its end.
func TestSoundsShorterThanTheBuffer(t *testing.T) {
	t.Parallel()
	r := newRig(t, followsTheWork, loop.Spec{Name: "loop0", OnClientClose: loop.Hold})
	recording := r.record(cd, "loopbridge:loop0,server")
	r.serverArmed("loop0")
	const period, beeps = 1024, 20
	beep := noise(cd, 6*period+period/2, 12)
	padded := append(beep[:len(beep):len(beep)], make([]byte, period/2*cd.FrameBytes())...) // by aplay
	file, want := r.write("beep.wav", wavOf(t, cd, beep)), []byte(nil)
	for range beeps {
		r.run("aplay", "-q", "--buffer-size", strconv.Itoa(8*period), "--period-size", strconv.Itoa(period), "-D", "loopbridge:loop0", file).succeeds(r)
		r.serverArmed("loop0")
		want = append(want, padded...)
	}
	r.recorded(len(want) / (chunk * cd.FrameBytes()) * chunk * cd.FrameBytes())
	recording.stop(r)
	r.startsWith(r.read("out.raw"), want, len(want)/cd.FrameBytes()-chunk, cd)
}
