package alsatest_test

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
)

// chunk is how many frames arecord reads, and then writes to its file, at a time.
const chunk = 2048

// record starts arecord, which writes out.raw in chunks. Its buffer is longer than what
// the tests play in real time, so that a machine that stalls loses nothing.
func (r *rig) record(f audio.Format, device string, args ...string) *program {
	r.Helper()
	args = append(rawArgs(f), append(args, "--period-size", strconv.Itoa(chunk), "--buffer-size", strconv.Itoa(100*chunk), "-D", device, r.file("out.raw"))...)
	return r.start("arecord", args...)
}

// play starts aplay on so many frames, from a file or, in real time, out of its buffer.
func (r *rig) play(f audio.Format, device string, material []byte, args ...string) *program {
	r.Helper()
	frames := len(material) / f.FrameBytes()
	in := r.write("in"+strconv.Itoa(frames)+".raw", material)
	args = append(rawArgs(f), append(args, "--period-size", strconv.Itoa(chunk), "--buffer-size", strconv.Itoa(100*chunk), "-s", strconv.Itoa(frames), "-D", device, in)...)
	return r.start("aplay", args...)
}

// recorded waits until arecord has written so many bytes.
func (r *rig) recorded(bytes int) {
	r.Helper()
	r.until("the recorder has got it", func() bool { return len(r.read("out.raw")) >= bytes })
}

// TestModesOfAplay uses memory-mapped and non-blocking transfers at both ends, and the
// ways to name an end.
func TestModesOfAplay(t *testing.T) {
	own := `
		pcm.mine { type loopbridge loop "loop0" }
		pcm.studio { type loopbridge loop loop0 end server wait 1 }
		pcm.converts { type plug slave.pcm "loopbridge:loop0" }`
	for name, c := range map[string]struct{ recorder, player, mode string }{
		"mmap":             {"loopbridge:loop0,server", "loopbridge:loop0", "-M"},
		"non-blocking":     {"loopbridge:loop0,server", "loopbridge:loop0", "-N"},
		"keywords":         {"loopbridge:LOOP=loop0,END=server", "loopbridge:END=client,LOOP=loop0,WAIT=5s", "-q"},
		"own definition":   {"studio", "mine", "-q"},
		"plug, same":       {"loopbridge:loop0,server", "converts", "-q"},
		"plug in the name": {`plug:"loopbridge:loop0,server"`, `plug:"loopbridge:loop0"`, "-q"},
		"default loop":     {"loopbridge:END=server", "loopbridge", "-q"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, followsTheWork)
			r.rc = own
			material := noise(cd, 120*chunk, 3)
			recording := r.record(cd, c.recorder, c.mode)
			r.serverArmed("loop0")
			r.play(cd, c.player, material, c.mode).succeeds(r)
			recording.wait(r)
			got := r.read("out.raw")
			if c.mode == "-M" { // alsa-lib does not tell arecord at once; see read_frames in flow.c
				if extra := len(got) - len(material); extra > 3*chunk*cd.FrameBytes() {
					t.Errorf("%d bytes came after the end", extra)
				}
				r.startsWith(got, material, len(material)/cd.FrameBytes(), cd)
				return
			}
			r.same(got, material, cd)
		})
	}
}

// TestRealTime is the clock of the default configuration, which waits for nobody.
func TestRealTime(t *testing.T) {
	t.Parallel()
	r := newRig(t, inRealTime)
	material := noise(cd, 15*chunk, 4)
	recording := r.record(cd, "loopbridge:loop0,server")
	r.serverArmed("loop0")
	r.play(cd, "loopbridge:loop0", material).succeeds(r)
	// ... and a person whose player only sought in its sound reads what helps.
	recording.wait(r).said(r, "Connection reset by peer", "the stream of loop0 has ended: its client closed, or stopped, paused or sought", `on_client_close = "hold" or "silence"`)
	if n := strings.Count(recording.stderr.String(), "on_client_close"); n != 1 {
		t.Errorf("it says so %d times", n)
	}
	r.same(r.read("out.raw"), material, cd)
}

// TestD15HoldKeepsARecorder has two clients one after the other. The recorder hears
// both, and nothing in between.
func TestD15HoldKeepsARecorder(t *testing.T) {
	t.Parallel()
	r := newRig(t, followsTheWork, loop.Spec{Name: "loop0", OnClientClose: loop.Hold})
	events := r.bay.Subscribe(100)
	defer events.Cancel()
	first, second := noise(cd, 30*chunk, 5), noise(cd, 40*chunk, 6)
	recording := r.record(cd, "loopbridge:loop0,server")
	r.serverArmed("loop0")
	r.play(cd, "loopbridge:loop0", first).succeeds(r)
	r.serverArmed("loop0")
	r.play(cd, "loopbridge:loop0", second).succeeds(r)
	r.recorded(len(first) + len(second))
	if recording.ended() {
		t.Error("the recorder has ended")
	}
	recording.stop(r)
	r.same(r.read("out.raw"), append(first, second...), cd)
	marks := 0
	for len(events.C) > 0 {
		if e := <-events.C; e.Kind == event.EOF && e.Holder.Program == "aplay" {
			marks++
		}
	}
	if marks != 2 {
		t.Errorf("%d eof marks, want one for each time that aplay has drained", marks)
	}
}

// TestD15SilenceKeepsARecorder hears silence after each client, in real time.
func TestD15SilenceKeepsARecorder(t *testing.T) {
	t.Parallel()
	r := newRig(t, inRealTime, loop.Spec{Name: "loop0", OnClientClose: loop.Silence})
	recording := r.record(cd, "loopbridge:loop0,server")
	r.serverArmed("loop0")
	rest, have := []byte(nil), 0
	for i := range 2 {
		material := noise(cd, (5+i)*chunk, 7)
		r.play(cd, "loopbridge:loop0", material).succeeds(r)
		at := -1
		r.until("the client is heard, and silence after it", func() bool {
			rest = r.read("out.raw")[have:]
			at = bytes.Index(rest, material)
			return at >= 0 && len(rest) >= at+len(material)+2*chunk*cd.FrameBytes()
		})
		if i == 0 && at > 0 || len(bytes.Trim(rest[:at], "\x00")) > 0 {
			t.Fatalf("client %d arrived %d bytes after the one before", i, at)
		}
		have += at + len(material)
		rest = rest[at+len(material):]
	}
	if len(bytes.Trim(rest, "\x00")) > 0 || recording.ended() {
		t.Error("after the clients there is no silence")
	}
	recording.stop(r)
}

// TestD13ResetEndsARecorder, and nobody is let in after it: D1.
func TestD13ResetEndsARecorder(t *testing.T) {
	t.Parallel()
	r := newRig(t, followsTheWork)
	material := noise(cd, 10*chunk, 8)
	recording := r.record(cd, "loopbridge:loop0,server")
	r.serverArmed("loop0")
	r.play(cd, "loopbridge:loop0", material).succeeds(r)
	if recording.wait(r); recording.status() != 1 {
		t.Errorf("arecord ended with status %d, not with an error", recording.status())
	}
	r.idle("loop0")
	if p := r.play(cd, "loopbridge:loop0", material).wait(r); p.status() == 0 {
		t.Error("a client was let in without a server")
	}
}

// TestD1WaitForAServer has the client first; it takes the format of the server, which
// is not the loop's own.
func TestD1WaitForAServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, followsTheWork)
	f := audio.Format{Rate: 22050, Channels: 5, Encoding: audio.S24BE3}
	material := noise(f, 30*chunk, 9)
	playing := r.play(f, "loopbridge:LOOP=loop0,WAIT=1", material)
	r.until("the client waits", func() bool { return r.status("loop0").Waiting == 1 })
	recording := r.record(f, "loopbridge:loop0,server")
	playing.succeeds(r)
	recording.wait(r)
	r.same(r.read("out.raw"), material, f)
}

// TestSeveralFilesInOneCall: aplay drains, and sets up anew, between two files; the
// session goes on, and the recorder hears both.
func TestSeveralFilesInOneCall(t *testing.T) {
	t.Parallel()
	r := newRig(t, followsTheWork)
	first, second := noise(cd, 33*chunk, 10), noise(cd, 44*chunk, 11)
	files := []string{r.write("a.wav", wavOf(t, cd, first)), r.write("b.wav", wavOf(t, cd, second))}
	recording := r.record(cd, "loopbridge:loop0,server")
	r.serverArmed("loop0")
	r.run("aplay", append([]string{"-q", "--period-size", strconv.Itoa(chunk), "-D", "loopbridge:loop0"}, files...)...).succeeds(r)
	recording.wait(r)
	r.same(r.read("out.raw"), append(first, second...), cd)
}

// TestPlugConverts plays 8 kHz mono into a loop of 48 kHz stereo, and the other way
// round: tone, level and length stay what they were.
func TestPlugConverts(t *testing.T) {
	narrow, wide := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.S16LE}, audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	for name, c := range map[string]struct{ from, to audio.Format }{"up": {narrow, wide}, "down": {wide, narrow}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, followsTheWork)
			const hertz, amplitude, seconds = 500, 16000.0, 1
			recording := r.record(c.to, "loopbridge:loop0,server")
			r.serverArmed("loop0")
			r.run("aplay", append(rawArgs(c.from), "-D", `plug:"loopbridge:loop0"`, "-s", strconv.Itoa(seconds*c.from.Rate),
				r.write("in.raw", tone(c.from, hertz, amplitude, seconds*c.from.Rate)))...).succeeds(r)
			recording.wait(r)
			got := r.read("out.raw")
			frames := len(got) / c.to.FrameBytes()
			// aplay and the converter fill up their last period: of 125 ms.
			if least := seconds * c.to.Rate; frames < least-chunk || frames > least+least/4 {
				t.Errorf("%d frames arrived, want %d and at most an eighth of a second more", frames, least)
			}
			for channel := range c.to.Channels {
				crossings, level := measure(got, c.to, channel, c.to.Rate/4, c.to.Rate/2)
				if crossings < hertz/2-2 || crossings > hertz/2+2 || math.Abs(level-amplitude/math.Sqrt2) > 0.05*amplitude {
					t.Errorf("channel %d: %d crossings and a level of %.0f in half a second, want %d and %.0f", channel, crossings, level, hertz/2, amplitude/math.Sqrt2)
				}
			}
		})
	}
}
