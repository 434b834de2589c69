package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/handover"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// seat is a folder with a daemon whose program can be replaced.
type seat struct {
	*testing.T
	socket  string
	program string // path of the daemon's
	daemon  *process
}

func newSeat(t *testing.T, config string) *seat {
	t.Helper()
	dir := trial.TempDir(t)
	s := &seat{T: t, socket: filepath.Join(dir, "s"), program: filepath.Join(dir, "loopbridge")}
	s.install(program(t))
	file := filepath.Join(dir, "c.toml")
	s.ok(os.WriteFile(file, []byte(config), 0o600))
	s.daemon = newProcess(t, s.socket, "serve", "--config", file)
	s.daemon.Path = s.program
	s.daemon.begin(t)
	s.daemon.ready(t, s.socket)
	return s
}

func (s *seat) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// install puts a program at the daemon's path, as a package does.
func (s *seat) install(program string) {
	s.Helper()
	next := s.program + ".new"
	text, err := os.ReadFile(program)
	s.ok(err)
	s.ok(os.WriteFile(next, text, 0o700))
	s.ok(os.Rename(next, s.program))
}

// script puts a shell script there. It finds the real program at $1.
func (s *seat) script(text string) {
	s.Helper()
	next := s.program + ".new"
	s.ok(os.WriteFile(next, []byte("#!/bin/sh\nreal='"+program(s.T)+"'\n"+text+"\n"), 0o700))
	s.ok(os.Rename(next, s.program))
}

func (s *seat) upgrade() (api.Upgrade, error) {
	return control.New(s.socket).Upgrade(s.Context(), false)
}

// upgrades does it, and wants it to be the nth time.
func (s *seat) upgrades(n uint64) {
	s.Helper()
	u, err := s.upgrade()
	s.ok(err)
	if u.Handovers != n {
		s.Fatalf("upgrade %d: %+v", n, u)
	}
}

// open opens an end with a buffer of a second: a machine that stalls loses nothing.
func (s *seat) open(name string, role pcm.Role, d audio.Direction, f audio.Format) *pcm.PCM {
	s.Helper()
	p, err := client.Open(s.Context(), s.socket, name, pcm.Options{
		Role: role, Direction: d, Format: f, Buffer: 48000, Wait: pcm.Forever,
	})
	s.ok(err)
	s.Cleanup(p.Abandon)
	return p
}

// count writes numbered frames until ctx ends, then closes, and returns how many it wrote.
func count(ctx context.Context, p *pcm.PCM) (n uint64, err error) {
	c := backendtest.NewCounter(p.Format())
	block := make([]byte, 441*p.Format().FrameBytes())
	for ctx.Err() == nil {
		c.Fill(block, n)
		wrote, err := p.Write(context.Background(), block)
		if err != nil {
			return n, err
		}
		n += uint64(wrote)
	}
	return n, p.Close(context.Background())
}

// check reads numbered frames until the end of the stream, and returns how many came.
func check(p *pcm.PCM) (n uint64, err error) {
	c := backendtest.NewCounter(p.Format())
	block := make([]byte, 999*p.Format().FrameBytes())
	for {
		got, err := p.Read(context.Background(), block)
		if errors.Is(err, audio.ErrReset) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if _, err := c.Check(block[:got*p.Format().FrameBytes()], n); err != nil {
			return n, fmt.Errorf("after %d frames: %w", n, err)
		}
		n += uint64(got)
	}
}

// Programs play and record through one daemon after the other, and notice nothing: each frame comes once.
func TestProgramUpgrade(t *testing.T) {
	const loops = 3
	var text strings.Builder
	for i := range loops {
		fmt.Fprintf(&text, "[[loop]]\nname = \"l%d\"\n", i)
	}
	s := newSeat(t, text.String())
	playing, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var wrote, read [loops]uint64
	for i := range loops {
		server := s.open(fmt.Sprintf("l%d", i), pcm.Server, pcm.Read, audio.Format{})
		writer := s.open(fmt.Sprintf("l%d", i), pcm.Client, pcm.Write, audio.Format{})
		all.Go(func() {
			var err error
			if wrote[i], err = count(playing, writer); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
		all.Go(func() {
			var err error
			if read[i], err = check(server); err != nil {
				t.Errorf("reader %d: %v", i, err)
			}
		})
	}
	for i := range loops {
		waitForFrames(t, s.socket, fmt.Sprintf("l%d", i))
	}
	for n := range 10 {
		s.upgrades(uint64(n + 1))
	}
	if ps := s.daemon.Process.Pid; ps == 0 || syscall.Kill(ps, 0) != nil {
		t.Error("the daemon is another process")
	}
	stop()
	all.Wait()
	for i := range loops {
		if wrote[i] != read[i] || wrote[i] == 0 {
			t.Errorf("loop %d: %d frames were written, %d read", i, wrote[i], read[i])
		}
	}
}

// What a program or an operator waits for goes on, too, and what was set stays.
func TestProgramUpgradeWhileTheyWait(t *testing.T) {
	s := newSeat(t, "[[loop]]\nname = \"a\"\n[[loop]]\nname = \"b\"\n")
	c := control.New(s.socket)
	s.ok(c.AddLoop(t.Context(), []byte(`{"name": "added", "rate": 8000}`)))
	s.ok(c.AddLoop(t.Context(), []byte(`{"name": "gone"}`)))
	_, err := c.AddRoute(t.Context(), []byte(`{"name": "cord", "from": "added", "to": "gone"}`))
	s.ok(err)
	s.ok(c.RemoveLoop(t.Context(), "gone"))
	patch, err := state.ParsePatch("record.gain=77", "play.balance=3")
	s.ok(err)
	_, err = c.Set(t.Context(), "a", patch)
	s.ok(err)

	waits := make(chan error, 1) // a client waits for its server
	go func() {
		p, err := client.Open(t.Context(), s.socket, "b", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Wait: pcm.Forever})
		if err == nil {
			err = p.Close(t.Context())
		}
		waits <- err
	}()
	waitForLoop(t, s.socket, "b", func(l api.Loop) bool { return l.Waiting == 1 })

	server := s.open("a", pcm.Server, pcm.Read, audio.Format{})
	writer := s.open("a", pcm.Client, pcm.Write, audio.Format{})
	block := make([]byte, 48000*4)
	_, err = writer.Write(t.Context(), block)
	s.ok(err)
	drains := make(chan error, 1) // a client drains, and its server does not read yet
	go func() { drains <- writer.Drain(context.Background()) }()
	waitForLoop(t, s.socket, "a", func(l api.Loop) bool { _, client := l.Ends(); return client.Draining })

	s.upgrades(1)
	s.upgrades(2)
	info, err := c.State(t.Context(), "a")
	s.ok(err)
	if info.Info.Record.Gain != 77 || info.Info.Play.Balance != 3 {
		t.Errorf("what was set is gone: %+v", info.Info)
	}
	if r, err := c.Route(t.Context(), "cord"); err != nil || r.To != "gone" {
		t.Errorf("the route of the operator: %+v, %v", r, err)
	}
	if l, err := c.Loop(t.Context(), "added"); err != nil || l.Format.Rate != 8000 {
		t.Errorf("the loop of the operator: %+v, %v", l, err)
	}
	select {
	case err := <-drains:
		t.Errorf("the drain ended before its server read: %v", err)
	case err := <-waits:
		t.Errorf("the wait for a server ended before there was one: %v", err)
	default:
	}
	go func() { _, _ = check(server) }()
	s.ok(<-drains)
	s.open("b", pcm.Server, pcm.Read, audio.Format{})
	s.ok(<-waits)
	s.ok(writer.Close(t.Context()))
}

// Operators over TCP find the socket where it was.
func TestProgramUpgradeOverTCP(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, token := free.Addr().String(), filepath.Join(trial.TempDir(t), "token")
	free.Close()
	s := newSeat(t, fmt.Sprintf("[daemon]\nhttp = %q\ntoken_file = %q\n", address, token))
	remote := func() *control.Client {
		return control.NewRemote("http://"+address, func() (string, error) {
			text, err := os.ReadFile(token)
			return strings.TrimSpace(string(text)), err
		})
	}
	for n := range 3 {
		if v, err := remote().Version(t.Context()); err != nil || v.Handovers != uint64(n) {
			t.Errorf("after %d upgrades: %+v, %v", n, v, err)
		}
		s.upgrades(uint64(n + 1))
	}
	if _, err := remote().Upgrade(t.Context(), false); !errors.Is(err, audio.ErrPermission) {
		t.Errorf("an upgrade over TCP: %v", err)
	}
}

// A reload, by the command or by SIGHUP, lets the program that is installed now take over first; and whoever watches goes on.
func TestProgramUpgradeByReload(t *testing.T) {
	s := newSeat(t, "[[loop]]\nname = \"a\"\n")
	events := make(chan api.Event, 100)
	watching, stop := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() { watched <- control.New(s.socket).Events(watching, func(e api.Event) { events <- e }) }()
	s.sees(events, "a")

	same := start(t, s.socket, "reload").wait(t)
	if same.stdout != "nothing has changed\n" || same.status != 0 {
		t.Errorf("the same program: %+v", same)
	}
	s.install(program(t))
	if o := start(t, s.socket, "reload").wait(t); !strings.HasPrefix(o.stdout, "tested has taken over from tested: ") || o.status != 0 {
		t.Errorf("another program: %+v", o)
	}
	s.sees(events, "a")
	s.install(program(t))
	s.daemon.signal(t, syscall.SIGHUP)
	servertest.Until(t, "the program that was installed takes over", func() bool {
		v, err := control.New(s.socket).Version(t.Context())
		return err == nil && v.Handovers == 2
	})
	s.sees(events, "a")
	s.script("exit 1")
	if o := start(t, s.socket, "reload").wait(t); o.stdout != "nothing has changed\n" || o.status != 1 || !strings.Contains(o.stderr, "cannot take over") {
		t.Errorf("a program that cannot: %+v", o)
	}
	stop()
	<-watched
}

// sees sets something until it is told of it: a new stream of events may begin late.
func (s *seat) sees(events <-chan api.Event, name string) {
	s.Helper()
	patch, err := state.ParsePatch("play.gain=100")
	s.ok(err)
	servertest.Until(s.T, "an event comes", func() bool {
		_, err := control.New(s.socket).Set(s.Context(), name, patch)
		s.ok(err)
		for {
			select {
			case e := <-events:
				if e.Kind == "set" {
					return true
				}
			default:
				return false
			}
		}
	})
}

// A program that cannot take over leaves the one that runs alone.
func TestProgramUpgradeRefused(t *testing.T) {
	s := newSeat(t, "[[loop]]\nname = \"a\"\n")
	server := s.open("a", pcm.Server, pcm.Read, audio.Format{})
	writer := s.open("a", pcm.Client, pcm.Write, audio.Format{})
	playing, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var wrote, read uint64
	all.Go(func() { wrote, _ = count(playing, writer) })
	all.Go(func() {
		var err error
		if read, err = check(server); err != nil {
			t.Error(err)
		}
	})
	waitForFrames(t, s.socket, "a")
	for _, bad := range []struct{ name, script, says string }{
		{"fails", "echo 'cannot find my libraries' >&2; exit 1", "cannot find my libraries"},
		{"is killed", "kill -9 $$", "killed"},
		{"knows no such flag", `exec "$real" serve --unheard-of`, "unheard-of"},
		{"has another version of the state", `exec "$real" serve </dev/null 3</dev/null`, "no head"},
		{"is no program", "", "exec format error"},
	} {
		if bad.script == "" {
			s.ok(os.WriteFile(s.program+".new", []byte("\x7fELF nonsense"), 0o700))
			s.ok(os.Rename(s.program+".new", s.program))
		} else {
			s.script(bad.script)
		}
		_, err := s.upgrade()
		if err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("a program that %s: %v", bad.name, err)
		}
	}
	s.ok(os.Remove(s.program))
	if _, err := s.upgrade(); err == nil {
		t.Error("nothing took over")
	}
	s.install(program(t))
	s.upgrades(1)
	stop()
	all.Wait()
	if wrote != read || wrote == 0 {
		t.Errorf("%d frames were written, %d read", wrote, read)
	}
}

// A program that dies once it has taken over takes the daemon with it, as any death does: programs are told, and another
// daemon can start at once.
func TestProgramUpgradeDies(t *testing.T) {
	s := newSeat(t, "[[loop]]\nname = \"a\"\n")
	server := s.open("a", pcm.Server, pcm.Read, audio.Format{})
	s.script(`case $LOOPBRIDGE_HANDOVER_OLD in rehearsal) exec "$real" "$@";; *) kill -9 $$;; esac`)
	if _, err := s.upgrade(); err == nil {
		t.Error("a dead program took over")
	}
	s.daemon.wait(t)
	if _, err := server.Read(t.Context(), make([]byte, 4000)); !errors.Is(err, audio.ErrReset) {
		t.Errorf("the server: %v", err)
	}
	serve(t, s.socket)
}

// givesBackVariable makes this program one that gives back what it has inherited.
const givesBackVariable = "LOOPBRIDGE_TEST_GIVES_BACK"

func giveBack() {
	os.Unsetenv(givesBackVariable)
	i, err := handover.Inherit()
	if err == nil && i != nil {
		err = i.GiveBack(errors.New("out of order"), os.Args, nil)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A program that takes over and then cannot go on gives all of it back.
func TestProgramUpgradeGivesBack(t *testing.T) {
	s := newSeat(t, "[[loop]]\nname = \"a\"\n")
	server := s.open("a", pcm.Server, pcm.Read, audio.Format{})
	writer := s.open("a", pcm.Client, pcm.Write, audio.Format{})
	playing, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var wrote, read uint64
	all.Go(func() { wrote, _ = count(playing, writer) })
	all.Go(func() {
		var err error
		if read, err = check(server); err != nil {
			t.Error(err)
		}
	})
	waitForFrames(t, s.socket, "a")
	test, err := os.Executable()
	s.ok(err)
	s.script(`case $LOOPBRIDGE_HANDOVER_OLD in rehearsal) exec "$real" "$@";; *) ` + givesBackVariable + "=1 exec " + test + ` "$@";; esac`)
	if _, err = s.upgrade(); err == nil || !strings.Contains(err.Error(), "runs again: out of order") {
		t.Errorf("%v", err)
	}
	s.install(program(t))
	s.upgrades(2)
	stop()
	all.Wait()
	if wrote != read || wrote == 0 {
		t.Errorf("%d frames were written, %d read", wrote, read)
	}
}

// TestProgramUpgradeWithItsStateUnwritten: what could not be written before an upgrade is written after it, without another set.
func TestProgramUpgradeWithItsStateUnwritten(t *testing.T) {
	folder := filepath.Join(trial.TempDir(t), "state")
	if err := os.WriteFile(folder, nil, 0o600); err != nil { // no folder can be there
		t.Fatal(err)
	}
	path := filepath.Join(folder, "state.json")
	s := newSeat(t, fmt.Sprintf("[daemon]\nstate = %q\n[[loop]]\nname = \"a\"\n", path))
	cliRun(t, nil, "--socket", s.socket, "set", "a", "play.gain=101").want(t, exitOK)
	s.upgrades(1)
	s.ok(os.Remove(folder))
	servertest.Until(t, "the gain to be saved", func() bool {
		text, _ := os.ReadFile(path)
		return strings.Contains(string(text), `"gain": 101`)
	})
}
