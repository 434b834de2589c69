package alsatest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// serve starts the real daemon and returns when it lets programs in.
func (r *rig) serve() *program {
	r.Helper()
	daemon := r.start(r.loopbridge(), "serve")
	r.until("the daemon is up", func() bool {
		if daemon.ended() {
			r.Fatalf("the daemon has ended")
		}
		return servertest.Answers(r.Context(), r.socket) == nil
	})
	return daemon
}

// listed is what the daemon says of a loop.
func (r *rig) listed(name string) api.Loop {
	l, err := control.New(r.socket).Loop(r.Context(), name)
	if err != nil {
		r.Fatal(err)
	}
	return l
}

// running waits until a loop has moved a tenth of a second.
func (r *rig) running(name string) {
	r.Helper()
	r.until("frames move on "+name, func() bool {
		l := r.listed(name)
		server, _ := l.Ends()
		return server.State == ring.Running.String() && l.Frames > 4410
	})
}

// armed waits until the server of a loop waits for its client.
func (r *rig) armed(name string) {
	r.Helper()
	r.until("the server of "+name+" has begun", func() bool { l := r.listed(name); server, _ := l.Ends(); return server.State == ring.Armed.String() })
}

// endlessly starts a program that plays or records without an end.
func (r *rig) endlessly(program, device string) *program {
	r.Helper()
	file := "/dev/zero"
	if program == "arecord" {
		file = "/dev/null"
	}
	return r.start(program, append(rawArgs(cd), "-D", "loopbridge:"+device, file)...)
}

// TestDaemonKilled in mid stream: programs that block, that map their buffer, that do not
// block and that poll all get an error from every call, and hang in none.
func TestDaemonKilled(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	daemon := r.serve()
	programs := map[string]*program{"arecord": r.endlessly("arecord", "loop0,server")}
	r.armed("loop0")
	programs["aplay"] = r.endlessly("aplay", "loop0")
	programs["arecord that waits for its client"] = r.endlessly("arecord", "loop2,server")
	var agents []*agent
	for _, capture := range []bool{true, false} {
		a, err := startAgent(t, agentProgram(t), r.socket)
		if err != nil {
			t.Fatal(err)
		}
		device := "loopbridge:loop1"
		if capture {
			device += ",server"
		}
		a.opened(t, device, capture)
		agents = append(agents, a)
		if capture {
			go func() { _, _ = a.ask(context.Background(), opPoll, nil, 480) }() // starts it
			r.armed("loop1")
		}
	}
	moved := make(chan error, len(agents))
	for i, a := range agents {
		go func() { moved <- a.moves(i == 0) }()
	}
	r.running("loop0")
	r.running("loop1")
	r.armed("loop2")
	daemon.kill(r)
	for name, p := range programs {
		if p.wait(r); p.status() != 1 {
			t.Errorf("%s ended with status %d, want 1 (an error)", name, p.status())
		}
	}
	for range agents {
		select {
		case err := <-moved:
			if !errors.Is(err, audio.ErrNoDevice) {
				t.Errorf("a program that polls got %v, want ENODEV", err)
			}
		case <-time.After(giveUp):
			t.Fatal("a program that polls hangs")
		}
	}
	for i, a := range agents { // once over, every call says so
		answers := make(chan error, 60)
		go func() {
			for range 20 {
				for _, op := range []int{opRead + i, opWait, opHalt} {
					_, err := a.ask(context.Background(), op, make([]byte, 480*cd.FrameBytes()), 480)
					if op == opWait && err == nil {
						err = audio.ErrNoDevice // what poll finds is for the next read or write to say
					}
					answers <- err
				}
			}
			close(answers)
		}()
		for hangs := time.After(giveUp); ; {
			select {
			case err, more := <-answers:
				if more && err == nil {
					t.Error("a call succeeded without a daemon")
				}
				if more {
					continue
				}
			case <-hangs:
				t.Error("a call hangs")
			}
			break
		}
		if _, err := a.ask(context.Background(), opClose, nil, 0); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// opened opens an end without blocking, and sets it up.
func (a *agent) opened(t *testing.T, device string, capture bool) {
	t.Helper()
	_, err := a.ask(t.Context(), opOpen, []byte(device), flag(capture), flag(capture), 1)
	if err == nil {
		_, err = a.ask(t.Context(), opParams, nil, alsaFormat(cd.Encoding), cd.Rate, cd.Channels, 480, 4*480)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// moves polls, and reads or writes a period, until there is an error.
func (a *agent) moves(capture bool) error {
	op, silence := opWrite, make([]byte, 480*cd.FrameBytes())
	if capture {
		op, silence = opRead, nil
	}
	for {
		_, err := a.ask(context.Background(), op, silence, 480)
		if errors.Is(err, audio.ErrWouldBlock) {
			_, err = a.ask(context.Background(), opWait, nil, 480)
		}
		if err != nil && !errors.Is(err, audio.ErrWouldBlock) {
			return err
		}
	}
}

// TestDaemonRestarted: programs that ended with the daemon before work with the next.
func TestDaemonRestarted(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	for i := range 2 {
		daemon := r.serve()
		material := noise(cd, 10*chunk, uint64(20+i))
		recording := r.record(cd, "loopbridge:loop0,server")
		r.armed("loop0")
		r.play(cd, "loopbridge:loop0", material).succeeds(r)
		recording.wait(r)
		r.same(r.read("out.raw"), material, cd)
		if err := os.Remove(r.file("out.raw")); err != nil {
			t.Fatal(err)
		}
		stays := r.endlessly("arecord", "loop1,server")
		r.armed("loop1")
		daemon.kill(r)
		stays.wait(r)
	}
}

// TestProgramsKilled: 50 programs die in the middle of something. The daemon has every
// end back, and nothing of theirs.
func TestProgramsKilled(t *testing.T) { // not parallel: it counts what the process holds
	r := newRig(t, inRealTime)
	random := rand.New(rand.NewPCG(7, 7))
	round := func() {
		server, other := r.endlessly("arecord", "loop0,server"), "aplay"
		if random.IntN(2) == 0 {
			server.kill(r)
			r.idle("loop0")
			server, other = r.endlessly("aplay", "loop0,server"), "arecord"
		}
		r.serverArmed("loop0")
		peer := r.endlessly(other, "loop0")
		switch random.IntN(3) {
		case 0:
			r.until("frames move", func() bool { return r.status("loop0").Server.Moved > 0 })
		case 1:
			r.until("the client is in", func() bool { return r.status("loop0").Client.Open })
		}
		first, second := server, peer
		if random.IntN(2) == 0 {
			first, second = peer, server
		}
		first.kill(r)
		second.kill(r)
		r.idle("loop0")
	}
	round()
	before := held(t)
	for range 25 {
		round()
	}
	r.until("everything is given back", func() bool {
		now := held(t)
		return now.goroutines <= before.goroutines && now.descriptors <= before.descriptors
	})
	if got := r.status("loop0"); got.Sessions == 0 {
		t.Error("no session ever ran")
	}
	material := noise(cd, 10*chunk, 30)
	recording := r.record(cd, "loopbridge:loop0,server")
	r.serverArmed("loop0")
	r.play(cd, "loopbridge:loop0", material).succeeds(r)
	recording.wait(r)
	r.same(r.read("out.raw"), material, cd)
}

// usage is what this process, with the daemon in it, holds.
type usage struct{ goroutines, descriptors int }

func held(t *testing.T) usage {
	t.Helper()
	fds, err := os.ReadDir("/proc/" + strconv.Itoa(os.Getpid()) + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return usage{runtime.NumGoroutine(), len(fds)}
}

// TestDaemonKilledAndOverlooked: who hears nothing but poll, as alsaloop, uses no whole core.
func TestDaemonKilledAndOverlooked(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	deaf := r.file("deaf")
	if err := compile("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", deaf, "../testdata/deaf.c", "-lasound"); err != nil {
		t.Fatal(err)
	}
	daemon := r.serve()
	r.run(deaf, "loopbridge:loop0,server", strconv.Itoa(daemon.Process.Pid)).succeeds(r)
}
