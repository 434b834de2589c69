package route_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/route"
)

// withTapped adds the loops pipe and group to tap, and some where taps are recorded, all in one format.
func (w *world) withTapped() *world {
	w.Helper()
	f := audio.Format{Encoding: audio.FloatLE}
	for _, s := range []loop.Spec{
		{Name: "pipe"}, {Name: "group", Clients: loop.Shared, OnClientClose: loop.Silence},
		{Name: "ear1"}, {Name: "ear2"}, {Name: "ear3"},
	} {
		s.Format = f
		if err := w.bay.Add(s, w.cards[0].engine); err != nil {
			w.Fatal(err)
		}
	}
	return w
}

// ear records a place over a route.
func (w *world) ear(name, from string) (*[]byte, *route.Route) {
	w.Helper()
	r, err := w.board.Add(spec(name, from, name))
	if err != nil {
		w.Fatal(err)
	}
	return w.record(w.open(name, pcm.Server, pcm.Read)), r
}

// set sets the controls of an end.
func (w *world) set(end, patch string) {
	w.Helper()
	p, err := state.ParsePatch(patch)
	if err != nil {
		w.Fatal(err)
	}
	c, err := w.bay.EndControls(end)
	if err != nil {
		w.Fatal(err)
	}
	done := make(chan error)
	go func() { _, err := c.Set(p); done <- err }()
	w.run(0.5)
	if err := <-done; err != nil {
		w.Fatal(err)
	}
}

// ratio fails unless one sound is so much louder than another.
func ratio(t *testing.T, what string, a, b []byte, want float64) {
	t.Helper()
	if r := level(a) / level(b); math.Abs(r-want) > 0.02*want {
		t.Errorf("%s: %.3f times as loud, want %.3f", what, r, want)
	}
}

// TestLoopTaps: taps of a loop between programs have its frames bit by bit, whichever end writes, whether they were there
// before its session or came later; after the controls of both ends they are quieter, before them not.
func TestLoopTaps(t *testing.T) {
	for _, c := range []struct {
		name   string
		server audio.Direction
	}{{"pipe", pcm.Write}, {"pipe", pcm.Read}, {"group", pcm.Write}, {"group", pcm.Read}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 0).withTapped()
			defer w.close()
			heard, _ := w.ear("ear1", c.name+"/heard")
			w.run(0.3)
			server := w.open(c.name, pcm.Server, c.server)
			client := w.open(c.name, pcm.Client, c.server.Opposite())
			writer, reader := server, client
			if c.server == pcm.Read {
				writer, reader = client, server
			}
			count := backendtest.NewCounter(writer.Format())
			size := writer.Format().FrameBytes()
			w.play(writer, count, 1)
			got := w.record(reader)
			w.run(0.5)
			mixed, _ := w.ear("ear2", c.name+"/mix")
			late, _ := w.ear("ear3", c.name+"/heard")
			w.run(1)
			for what, sound := range map[string]*[]byte{"heard": heard, "mix": mixed, "later": late} {
				contiguous(t, count, *sound, size, 40000)
				if t.Failed() {
					t.Fatalf("%s: %s", c.name, what)
				}
			}
			if bad, err := count.Check(*got, 1); err != nil || len(*got) < 70000*size {
				t.Errorf("the reader has %d frames; %d: %v", len(*got)/size, bad, err)
			}
			if n := index(*heard, (*got)[2000*size:]); n < 0 {
				t.Error("what is heard is not what the reader got")
			}
			for _, s := range []struct {
				end  string
				want float64
			}{{"/server", 128.0 / 255}, {"/client", 128.0 / 255 * 128 / 255}} {
				*mixed = nil
				*heard, *got = nil, nil
				d := "play"
				if (c.server == pcm.Read) == (s.end == "/server") {
					d = "record"
				}
				w.set(c.name+s.end, d+".gain=128")
				ratio(t, c.name+s.end, *heard, *mixed, s.want)
				ratio(t, c.name+" at the reader", *heard, *got, 1)
			}
		})
	}
}

// index returns where a part of a sound is in another, which may end before it, or -1.
func index(all, part []byte) int {
	n := bytes.Index(all, part[:min(len(part), 8000)])
	if n >= 0 && !bytes.HasPrefix(part, all[n:]) && !bytes.HasPrefix(all[n:], part) {
		return -1
	}
	return n
}

// TestLoopTapIsNotNoticed: programs get the same frames, silence and errors with a tap and without, whatever
// happens to them; the tap hears the silence, too, and a reader that is paused hears nothing.
func TestLoopTapIsNotNoticed(t *testing.T) {
	var without []byte
	var status loop.Status
	for _, taps := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 0).withTapped()
			defer w.close()
			var heard, mixed *[]byte
			if taps {
				heard, _ = w.ear("ear1", "pipe/heard")
				mixed, _ = w.ear("ear2", "pipe/mix")
				w.run(0.1)
			}
			server, client := w.open("pipe", pcm.Server, pcm.Read), w.open("pipe", pcm.Client, pcm.Write)
			c := backendtest.NewCounter(client.Format())
			size := client.Format().FrameBytes()
			got := w.record(server)
			next := uint64(1)
			write := func(frames int) {
				block := make([]byte, frames*size)
				c.Fill(block, next)
				next += uint64(frames)
				go client.Write(context.Background(), block)
			}
			write(20 * period)
			w.run(0.3)
			write(7*period + 13) // after a gap
			w.run(0.05)
			if err := server.Pause(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			write(15 * period)
			w.run(0.1)
			during := next - 10*period
			if err := server.Pause(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			write(15 * period)
			w.run(0.3)
			now := w.bay.Status()
			for _, s := range now {
				if s.Name != "pipe" {
					continue
				}
				if !taps {
					without, status = *got, s
				} else if s.Frames != status.Frames || s.Client.Xruns != status.Client.Xruns || s.Client.XrunFrames != status.Client.XrunFrames ||
					s.Server.Xruns != status.Server.Xruns || s.Server.Moved != status.Server.Moved {
					t.Errorf("with a tap %+v, without %+v", s, status)
				}
			}
			if !taps {
				return
			}
			if !bytes.Equal(*got, without) {
				t.Errorf("the reader has other frames: %d bytes, and %d without a tap", len(*got), len(without))
			}
			if n := index(*heard, (*got)[2000*size:12*period*size]); n < 0 {
				t.Error("the tap does not have what the reader got")
			}
			frame := make([]byte, size)
			if c.Fill(frame, during-1); bytes.Contains(*heard, frame) || !bytes.Contains(*mixed, frame) {
				t.Error("what comes during the pause is heard, or not in the mix")
			}
			if c.Fill(frame, next-1); !bytes.Contains(*heard, frame) || !bytes.Contains(*mixed, frame) {
				t.Error("what comes after the pause is not heard")
			}
			steps(t, c, *mixed, size, int(next)-1)
		})
	}
}

// steps fails unless all frames of a counter are there, in order, with nothing but silence between them, but for the
// first ones, which fade in.
func steps(t *testing.T, c backendtest.Counter, sound []byte, size, want int) {
	t.Helper()
	last, seen := uint64(0), 0
	for ; len(sound) > 0; sound = sound[size:] {
		if bytes.Equal(sound[:size], make([]byte, size)) {
			continue
		}
		n := c.Number(sound)
		if seen > period && n != last+1 {
			t.Errorf("%d follows %d", n, last)
			return
		}
		last, seen = n, seen+1
	}
	if seen != want {
		t.Errorf("%d frames that are not silent, want %d", seen, want)
	}
}

// TestLoopTapOutlivesSessions: a route from a tap goes on between sessions, with silence, and has the next one,
// whatever its format; also to another clock, where it stays locked.
func TestLoopTapOutlivesSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100, -50).withTapped()
		defer w.close()
		heard, r := w.ear("ear1", "pipe/heard")
		far := w.cards[1].listen()
		over, err := w.board.Add(spec("over", "pipe/heard", "b"))
		if err != nil {
			t.Fatal(err)
		}
		w.run(30)
		w.locked(over, over.Status().Servo.Resyncs)
		resyncs := over.Status().Servo.Resyncs
		for _, f := range []audio.Format{
			{Encoding: audio.FloatLE}, {Rate: 44100, Encoding: audio.S16LE}, {Rate: 96000, Channels: 1, Encoding: audio.S32LE}, {Encoding: audio.FloatLE},
		} {
			*heard, *far = nil, nil
			open := func(role pcm.Role, d audio.Direction) *pcm.PCM {
				p, err := w.bay.Open(t.Context(), "pipe", pcm.Options{Role: role, Direction: d, Buffer: 20 * 2 * period, Format: f})
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			server, client := open(pcm.Server, pcm.Write), open(pcm.Client, pcm.Read)
			got := w.record(client)
			tone := make([]float32, server.Format().Rate*server.Format().Channels)
			for i := range tone {
				tone[i] = 0.5 * float32(math.Sin(2*math.Pi*1000*float64(i/server.Format().Channels)/float64(server.Format().Rate)))
			}
			block := make([]byte, len(tone)*server.Format().Encoding.Bytes())
			server.Format().Encoding.Encode(block, tone, nil)
			go func() {
				_, _ = server.Write(context.Background(), block)
				_ = server.Close(context.Background())
			}()
			w.run(2)
			w.shut(client)
			if frames := len(*got) / client.Format().FrameBytes(); frames != server.Format().Rate {
				t.Errorf("%s: the client got %d frames", f, frames)
			}
			near := make([]float32, len(*heard)/4)
			audio.FloatLE.Decode(near, *heard)
			for where, sound := range map[string][]float32{"near": near, "far": *far} {
				whole(t, f.String()+", "+where, sound)
			}
			if s := r.Status(); s.State != route.Flowing || s.Missing != 0 {
				t.Errorf("%s: %s, %d missing", f, s.State, s.Missing)
			}
		}
		w.locked(over, resyncs)
		if n := over.Status().Missing; n != 0 {
			t.Errorf("%d frames are missing", n)
		}
	})
}

// whole fails unless a sound of two channels is a second of a tone of half the scale in one piece, and silence.
func whole(t *testing.T, what string, sound []float32) {
	t.Helper()
	first, last, energy, quiet := -1, 0, 0.0, 0
	for i := 0; i < len(sound); i += 2 {
		if energy += float64(sound[i]) * float64(sound[i]); math.Abs(float64(sound[i])) > 0.02 {
			if first < 0 {
				first = i / 2
			} else if i/2-last > quiet {
				quiet = i/2 - last
			}
			last = i / 2
		}
	}
	if n := last - first; n < 47900 || n > 48060 || quiet > 8 || math.Abs(energy/6000-1) > 0.01 {
		t.Errorf("%s: %d frames of sound with gaps of %d, energy %.1f, of %d", what, n, quiet, energy, len(sound)/2)
	}
}

// TestLoopTapEnds: what is not tapped any more costs nothing; a loop that is removed and comes back is tapped again.
func TestLoopTapEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0).withTapped()
		defer w.close()
		if _, err := w.board.Add(spec("ear1", "pipe/heard", "ear1")); err != nil {
			t.Fatal(err)
		}
		ear := w.open("ear1", pcm.Server, pcm.Read)
		w.record(ear)
		w.run(0.5)
		if err := w.bay.Remove("pipe/heard"); !errors.Is(err, audio.ErrNoDevice) {
			t.Errorf("a tap was removed: %v", err)
		}
		if err := w.bay.Remove("pipe"); err != nil {
			t.Fatal(err)
		}
		w.run(0.5)
		r, _ := w.board.Route("ear1")
		if s := r.Status(); s.State != route.Waiting || s.Err == nil || !strings.Contains(s.Err.Error(), "there is no loop pipe/heard") {
			t.Errorf("the loop has gone: %s, %v", s.State, s.Err)
		}
		if err := w.bay.Add(loop.Spec{Name: "pipe", Format: audio.Format{Encoding: audio.FloatLE}}, w.cards[0].engine); err != nil {
			t.Fatal(err)
		}
		w.run(0.5)
		w.shut(ear)
		heard := w.record(w.open("ear1", pcm.Server, pcm.Read))
		server, client := w.open("pipe", pcm.Server, pcm.Write), w.open("pipe", pcm.Client, pcm.Read)
		c := backendtest.NewCounter(server.Format())
		w.play(server, c, 1)
		w.record(client)
		w.run(1)
		contiguous(t, c, *heard, server.Format().FrameBytes(), 40000)
		w.shut(server)
		w.shut(client)
		done := make(chan error)
		go func() { done <- w.board.Remove("ear1") }()
		w.run(0.5)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		before := w.cards[0].engine.Cycles()
		if w.run(0.5); w.cards[0].engine.Cycles() > before+1 {
			t.Errorf("the clock runs for nobody: %d cycles", w.cards[0].engine.Cycles()-before)
		}
	})
}
