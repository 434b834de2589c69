package loop_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// setOf sets fields of an end, and lets a cycle pass, over which levels change.
func (c *card) setOf(name string, args ...string) state.Reply {
	c.Helper()
	reply, err := c.tryOf(name, args...)
	if err != nil {
		c.Fatal(err)
	}
	c.clock.Advance(period)
	return reply
}

func (c *card) tryOf(name string, args ...string) (state.Reply, error) {
	c.Helper()
	p, err := state.ParsePatch(args...)
	if err != nil {
		c.Fatal(err)
	}
	s, err := c.bay.EndControls(name)
	if err != nil {
		return state.Reply{}, err
	}
	return s.Set(p)
}

func (c *card) infoOf(name string) state.Info {
	c.Helper()
	s, err := c.bay.EndControls(name)
	if err != nil {
		c.Fatal(err)
	}
	return s.Info()
}

// open opens an end of a loop as a process.
func (c *card) open(name string, role pcm.Role, d audio.Direction, f audio.Format, pid int) *pcm.PCM {
	c.Helper()
	p, err := c.bay.Open(c.Context(), name, pcm.Options{Role: role, Direction: d, Format: f, Buffer: 40 * period, Holder: pcm.Holder{PID: pid}})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(p.Abandon)
	return p
}

// TestD4GainOfOneClientAndOfAll: each has its own gain, balance and mute, and the loop
// those for all of them.
func TestD4GainOfOneClientAndOfAll(t *testing.T) {
	c := newCard(t, true, false)
	one := c.open("speaker", pcm.Client, pcm.Write, audio.Format{}, 1)
	two := c.open("speaker", pcm.Client, pcm.Write, audio.Format{}, 2)
	c.play(one, constant(5100, 30*period))
	c.play(two, constant(255, 30*period))
	c.clock.Advance(2 * period)
	for _, step := range []struct {
		name, set   string
		left, right int16
	}{
		{"speaker/1", "play.gain=255", 5355, 5355},
		{"speaker/1", "play.gain=100", 2255, 2255},
		{"speaker/1", "play.balance=16", 2255, 1255},
		{"speaker", "play.gain=51", 451, 251},
		{"speaker/client", "play.balance=0", 451, 0},
		{"speaker", "output_muted=1", 0, 0},
		{"speaker", "output_muted=0", 451, 0},
		{"speaker", "play.balance=32", 451, 251},
		{"speaker", "play.gain=255", 2255, 1255},
		{"speaker/2", "play.gain=0", 2000, 1000},
		{"speaker/1", "output_muted=1", 0, 0},
	} {
		c.setOf(step.name, step.set)
		c.clock.Advance(period)
		if l, r := c.last(); l != step.left || r != step.right {
			t.Errorf("%s %s: %d %d, want %d %d", step.name, step.set, l, r, step.left, step.right)
		}
	}
	if i := c.infoOf("speaker"); i.RefCount != 2 || !i.Play.Open || i.Record.Open || !i.Play.Active || i.Play.Samples != 2*c.infoOf("speaker/1").Play.Samples {
		t.Errorf("all clients: %+v", i)
	}
	for _, bad := range []struct {
		name, set string
		want      *audio.Error
		text      string
	}{
		{"speaker/1", "monitor_gain=1", audio.ErrInvalid, "monitor_gain"},
		{"speaker/1", "play.sample_rate=44100", audio.ErrInvalid, "play.sample_rate"},
		{"speaker/1", "play.buffer_size=4", audio.ErrInvalid, "play.buffer_size"},
		{"speaker/1", "play.port=speaker", audio.ErrInvalid, "play.port"},
		{"speaker/3", "play.gain=1", audio.ErrNoDevice, "there are 1, 2"},
		{"speaker/server", "play.gain=1", audio.ErrNoDevice, "the device card"},
		{"speaker/left", "play.gain=1", audio.ErrNoDevice, "use client, server or the pid"},
		{"none", "play.gain=1", audio.ErrNoDevice, "there is no loop none"},
	} {
		if _, err := c.tryOf(bad.name, bad.set); !errors.Is(err, bad.want) || !strings.Contains(err.Error(), bad.text) {
			t.Errorf("%s %s: %v", bad.name, bad.set, err)
		}
	}
}

// between is a session on loop0: what the server or a client writes, the other reads.
func (c *card) between(spec loop.Spec, f audio.Format, server audio.Direction) (w, r *pcm.PCM) {
	c.Helper()
	spec.Name, spec.Format = "loop0", f
	if err := c.bay.Add(spec, c.engine); err != nil {
		c.Fatal(err)
	}
	s := c.open("loop0", pcm.Server, server, f, 10)
	if _, err := s.Poll(1); err != nil { // arms it
		c.Fatal(err)
	}
	client := c.open("loop0", pcm.Client, server.Opposite(), f, 11)
	if w, r = s, client; server == pcm.Read {
		w, r = client, s
	}
	if _, err := r.Poll(1); err != nil {
		c.Fatal(err)
	}
	return w, r
}

// TestD19GainOfEnds: on its way from program to program a frame passes the controls of both
// ends. At unity nothing is touched, also after a change of gain.
func TestD19GainOfEnds(t *testing.T) {
	for _, sharing := range []loop.Sharing{loop.Exclusive, loop.Shared} {
		for _, server := range []audio.Direction{pcm.Read, pcm.Write} {
			for _, e := range []audio.Encoding{audio.S16LE, audio.S32LE, audio.MuLaw} {
				c := newCard(t, true, false)
				f := audio.Format{Rate: 48000, Channels: 2, Encoding: e}
				w, r := c.between(loop.Spec{Clients: sharing}, f, server)
				writes, reads := "loop0/server", "loop0"
				if server == pcm.Read {
					writes, reads = reads, writes
				}
				sound := make([]byte, period*f.FrameBytes())
				e.Encode(sound, filled(2*period, 0.5), nil)
				one := 0.5
				if e == audio.MuLaw { // it has not this level
					var back [2]float32
					e.Decode(back[:], sound)
					one = float64(back[0])
				}
				turn := func() (heard []byte) {
					t.Helper()
					if n, err := w.Write(t.Context(), sound); n != period || err != nil {
						t.Fatal(n, err)
					}
					c.clock.Advance(period)
					heard = make([]byte, r.Delay()*f.FrameBytes())
					if _, err := r.Read(t.Context(), heard); err != nil {
						t.Fatal(err)
					}
					return heard
				}
				turn()
				turn()
				exact := func() {
					t.Helper()
					for range 2 {
						turn()
					}
					if heard := turn(); !bytes.Equal(heard, sound) {
						t.Errorf("%v, server %ss, %s: at unity it is touched", sharing, server, f)
					}
				}
				exact()
				level := func(left, right float64) {
					t.Helper()
					turn()
					turn()
					heard := turn()
					samples := make([]float32, len(heard)/e.Bytes())
					e.Decode(samples, heard)
					tolerance := map[audio.Encoding]float64{audio.S16LE: 1e-4, audio.S32LE: 1e-6, audio.MuLaw: 0.02}[e]
					n := len(samples)
					if l, r := float64(samples[n-2]), float64(samples[n-1]); math.Abs(l-left) > tolerance || math.Abs(r-right) > tolerance {
						t.Errorf("%v, server %ss, %s: %v %v, want %v %v", sharing, server, f, l, r, left, right)
					}
				}
				set := func(name, arg string) {
					t.Helper()
					if _, err := c.tryOf(name, arg); err != nil {
						t.Fatal(err)
					}
				}
				set(writes, "play.gain=51")
				level(one/5, one/5)
				set(reads, "record.gain=102")
				level(one*0.08, one*0.08)
				set(reads, "record.balance=48")
				level(one*0.04, one*0.08)
				set(writes, "output_muted=1")
				level(0, 0)
				set(writes, "output_muted=0")
				set(writes, "play.gain=255")
				set(reads, "record.balance=32")
				set(reads, "record.gain=255")
				exact()
				w.Abandon()
				r.Abandon()
			}
		}
	}
}

func filled(n int, v float32) []float32 {
	all := make([]float32, n)
	for i := range all {
		all[i] = v
	}
	return all
}

// TestD19GainRampsWithoutAClick: no step is larger than that of a straight line over the
// shortest block that a converter has.
func TestD19GainRampsWithoutAClick(t *testing.T) {
	c := newCard(t, true, false)
	w, r := c.between(loop.Spec{}, audio.DefaultFormat(), pcm.Read)
	var heard []byte
	for turn := range 12 {
		c.play(w, constant(20000, period))
		if turn%3 == 2 {
			if _, err := c.tryOf("loop0", "play.gain="+[]string{"0", "255"}[turn/3%2]); err != nil {
				t.Fatal(err)
			}
		}
		c.clock.Advance(period)
		part := make([]byte, r.Delay()*4)
		if _, err := r.Read(t.Context(), part); err != nil {
			t.Fatal(err)
		}
		heard = append(heard, part...)
	}
	sample := func(i int) int { return int(int16(binary.LittleEndian.Uint16(heard[4*i:]))) }
	low, high, largest := 20000, 0, 0
	for i := 1; i < len(heard)/4; i++ {
		largest = max(largest, sample(i)-sample(i-1), sample(i-1)-sample(i))
		low, high = min(low, sample(i)), max(high, sample(i))
	}
	if low != 0 || high != 20000 || largest > 20000/200 {
		t.Errorf("from %d to %d in steps of %d at most", low, high, largest)
	}
}

// TestD18StateOfAnEnd: counters and flags belong to the program's end, and are read and
// reset in one step.
func TestD18StateOfAnEnd(t *testing.T) {
	c := newCard(t, true, false)
	w, r := c.between(loop.Spec{}, audio.DefaultFormat(), pcm.Read)
	c.play(w, constant(1, 3*period))
	c.clock.Advance(2 * period)
	i := c.infoOf("loop0")
	if p := i.Play; !p.Open || !p.Active || p.Samples != 2*period || p.Error || p.BufferBytes != 40*period*4 || p.Format != audio.DefaultFormat() || i.Record.Open {
		t.Errorf("the client: %+v", i)
	}
	if i := c.infoOf("loop0/server"); !i.Record.Open || !i.Record.Active || i.Record.Samples != 2*period || i.Play.Open || i.RefCount != 1 {
		t.Errorf("the server: %+v", i)
	}
	if reply := c.setOf("loop0", "play.samples=4294967295"); reply.Info.Play.Samples != 2*period {
		t.Errorf("samples were %d", reply.Info.Play.Samples)
	}
	if got := c.infoOf("loop0").Play.Samples; got != period-1 { // E60: a cycle more, and it wraps at 2^32
		t.Errorf("samples are %d", got)
	}
	c.clock.Advance(3 * period) // nothing is left
	if i := c.infoOf("loop0"); !i.Play.Error || i.Play.Active {
		t.Errorf("it runs dry: %+v", i.Play)
	}
	for _, was := range []bool{true, false} {
		reply, err := c.tryOf("loop0", "play.error=0")
		if err != nil || reply.Info.Play.Error != was {
			t.Errorf("error was %v, %v", reply.Info.Play.Error, err)
		}
	}
	if _, err := w.Write(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if reply := c.setOf("loop0", "play.eof=0"); reply.Info.Play.EOF != 1 || c.infoOf("loop0").Play.EOF != 0 {
		t.Errorf("eof was %d, is %d", reply.Info.Play.EOF, c.infoOf("loop0").Play.EOF)
	}
	c.setOf("loop0", "play.pause=1")
	c.play(w, constant(7, period))
	c.clock.Advance(3 * period)
	before := c.infoOf("loop0").Play
	if !before.Pause || before.Active || w.Delay() != period {
		t.Errorf("it has paused: %+v, %d frames wait", before, w.Delay())
	}
	c.setOf("loop0", "play.pause=0")
	c.clock.Advance(period)
	if w.Delay() != 0 {
		t.Errorf("%d frames wait after the pause", w.Delay())
	}
	reply, err := c.tryOf("loop0", "record.pause=1", "record.error=1", "record.eof=3")
	if err != nil || reply.Ignored == 0 || c.infoOf("loop0").Record.Pause {
		t.Errorf("a closed side: %+v, %v", reply, err) // E39
	}
	if _, err := c.tryOf("loop0", "play.waiting=1"); err != nil || !c.infoOf("loop0").Play.Waiting {
		t.Error("waiting cannot be set", err)
	}
	w.Abandon()
	r.Abandon()
	if i := c.infoOf("loop0"); i.Play.Open || i.Play.Waiting || i.Play.Samples != 0 || i.RefCount != 0 {
		t.Errorf("closed: %+v", i)
	}
}

// TestD25WhatIsSetOfALoopLasts: over close and open, and through a file. What is set of
// one client does not.
func TestD25WhatIsSetOfALoopLasts(t *testing.T) {
	c := newCard(t, true, false)
	p := c.open("speaker", pcm.Client, pcm.Write, audio.Format{}, 1)
	c.setOf("speaker", "play.gain=51")
	c.setOf("speaker/1", "play.gain=10")
	p.Abandon()
	c.clock.Advance(period)
	p = c.open("speaker", pcm.Client, pcm.Write, audio.Format{}, 1)
	c.play(p, constant(1000, 4*period))
	c.clock.Advance(2 * period)
	if l, _ := c.last(); l != 200 {
		t.Errorf("after open: %d", l)
	}
	i := c.infoOf("speaker")
	saved := i.Save()
	other := newCard(t, true, false)
	s, err := other.bay.EndControls("speaker")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if got := s.Info().Play.Gain; got != 51 {
		t.Errorf("gain %d came back", got)
	}
}
