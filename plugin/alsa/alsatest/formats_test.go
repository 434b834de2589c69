package alsatest_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// TestEveryFormatArrivesBitForBit plays noise with aplay and records it with arecord,
// with either of them as the server: each sets the format of the loop.
func TestEveryFormatArrivesBitForBit(t *testing.T) {
	for _, encoding := range []audio.Encoding{audio.S16LE, audio.S24LE3, audio.S32LE, audio.FloatLE, audio.MuLaw} {
		for i, rate := range []int{8000, 44100, 48000, 96000} {
			f := audio.Format{Rate: rate, Channels: 1 + (i+int(encoding))%3, Encoding: encoding}
			t.Run(fmt.Sprintf("%s/%d/client_plays", encoding, rate), func(t *testing.T) {
				t.Parallel()
				arrivesBitForBit(t, f, "loop0,server", "loop0")
			})
			t.Run(fmt.Sprintf("%s/%d/server_plays", encoding, rate), func(t *testing.T) {
				t.Parallel()
				arrivesBitForBit(t, f, "loop0", "loop0,server")
			})
		}
	}
}

func arrivesBitForBit(t *testing.T, f audio.Format, recorder, player string) {
	r := newRig(t, followsTheWork)
	// Whole periods, because aplay fills up the last one; they go through the buffer
	// several times, and have nothing in common with the periods of the clock.
	period := f.Rate/50 - 7
	material := noise(f, 27*period, 1)
	in := r.write("in.raw", material)
	sizes := func(periods int) []string {
		return append(rawArgs(f), "--period-size", strconv.Itoa(period), "--buffer-size", strconv.Itoa(periods*period))
	}
	record := func() *program {
		return r.start("arecord", append(sizes(7), "-D", "loopbridge:"+recorder, r.file("out.raw"))...)
	}
	play := func() *program {
		return r.start("aplay", append(sizes(5), "-s", strconv.Itoa(27*period), "-D", "loopbridge:"+player, in)...)
	}
	var recording, playing *program
	if player == "loop0" {
		recording = record()
		r.serverArmed("loop0")
		playing = play()
	} else {
		playing = play()
		r.serverArmed("loop0")
		recording = record()
	}
	playing.succeeds(r)
	recording.wait(r).said(r, "Connection reset by peer") // D13: the end of the stream
	r.same(r.read("out.raw"), material, f)
}

// rawArgs are the arguments by which aplay and arecord take raw frames of a format.
func rawArgs(f audio.Format) []string {
	return []string{"-q", "-t", "raw", "-f", f.Encoding.String(), "-r", strconv.Itoa(f.Rate), "-c", strconv.Itoa(f.Channels)}
}
