package alsatest_test

import (
	"encoding/binary"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/wire"
)

// refused fails the test unless a program could not open its end because of errno, and
// says so with all of these words.
func (p *program) refused(r *rig, errno syscall.Errno, words ...string) {
	r.Helper()
	if p.wait(r); p.status() != 1 {
		r.Errorf("%s ended with status %d, want 1", p.name, p.status())
	}
	// snd_strerror is the C library's text, of which Go's begins with a small letter.
	want := strings.ToUpper(errno.Error()[:1]) + errno.Error()[1:]
	p.said(r, append(words, "audio open error: "+want)...)
	if p.stdout.Len() > 0 {
		r.Errorf("%s wrote %q to standard output", p.name, p.stdout.String())
	}
}

// open has aplay or arecord open an end, with a second of sound at hand.
func (r *rig) open(program, device string, args ...string) *program {
	return r.start(program, append(append(rawArgs(cd), args...), "-s", "44100", "-D", device, os.DevNull)...)
}

// TestRefusals: an open that fails names the loop, says why and what to do, and has the
// errno that it has to the daemon.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const remedyEnd = "an end of loop0 is server or client"
	r := newRig(t, inRealTime, loop.Spec{Name: "loop0"}, loop.Spec{Name: "held"}, loop.Spec{Name: "full"})
	r.rc = `
		pcm.odd { type loopbridge loop "loop0" colour "red" }
		pcm.nameless { type loopbridge end "server" }
		pcm.structured { type loopbridge loop { name "loop0" } }`
	for _, name := range []string{"held", "full"} {
		r.start("arecord", append(rawArgs(cd), "-D", "loopbridge:"+name+",server", r.file(name))...)
		r.serverArmed(name)
	}
	r.start("aplay", append(rawArgs(cd), "-D", "loopbridge:full", "/dev/zero")...)
	r.until("the client is in", func() bool { return r.status("full").Client.Open })
	for name, c := range map[string]struct {
		program, device string
		errno           syscall.Errno
		words           []string
	}{
		"D1 no server":         {"aplay", "loopbridge:loop0", syscall.EAGAIN, []string{"loop0: no server holds the loop; start one, or wait for it"}},
		"no such loop":         {"aplay", "loopbridge:lop0", syscall.ENODEV, []string{"there is no loop lop0; there are full, held, loop0"}},
		"name too long":        {"aplay", "loopbridge:" + strings.Repeat("x", 64), syscall.ENODEV, []string{"xxxx is longer", "at most 63 bytes"}},
		"D2 server end held":   {"arecord", "loopbridge:held,server", syscall.EBUSY, []string{"held: the server end is held by arecord (pid ", "take another loop"}},
		"D4 client end held":   {"aplay", "loopbridge:full", syscall.EBUSY, []string{"full: the client end is held by aplay (pid ", "take another loop"}},
		"D3 wrong direction":   {"arecord", "loopbridge:held", syscall.EACCES, []string{"held: its server reads, so a client can only write"}},
		"bad end":              {"aplay", "loopbridge:loop0,servant", syscall.EINVAL, []string{remedyEnd, `"servant"`}},
		"bad wait":             {"aplay", "loopbridge:LOOP=loop0,WAIT=5", syscall.EINVAL, []string{"WAIT of loop0 is 0, 1, or a time such as 5s", `"5"`}},
		"negative wait":        {"aplay", "loopbridge:LOOP=loop0,WAIT=-5s", syscall.EINVAL, []string{"WAIT of loop0", `"-5s"`}},
		"wait of no server":    {"aplay", "loopbridge:LOOP=loop0,WAIT=10ms", syscall.ETIMEDOUT, []string{"loop0", "waited 10ms"}},
		"unknown argument":     {"aplay", "loopbridge:LOOP=loop0,COLOUR=red", syscall.ENOENT, []string{"COLOUR"}}, // alsa-lib itself
		"too many arguments":   {"aplay", "loopbridge:loop0,server,1,/s,wav,more", syscall.ENOENT, []string{"loopbridge"}},
		"unknown field":        {"aplay", "odd", syscall.EINVAL, []string{`unknown field "colour"`, "loop, end, wait, socket and positions"}},
		"no loop":              {"aplay", "nameless", syscall.EINVAL, []string{"nameless names no loop", "loopbridge:loop0"}},
		"a field of no kind":   {"aplay", "structured", syscall.EINVAL, []string{`the field "loop" of structured is neither text nor a number`}},
		"another daemon":       {"aplay", "loopbridge:LOOP=loop0,SOCKET=/nowhere/s", syscall.ECONNREFUSED, []string{"no daemon on /nowhere/s", "loop0", `"loopbridge serve"`}},
		"socket path too long": {"aplay", "loopbridge:LOOP=loop0,SOCKET=/" + strings.Repeat("x", 110), syscall.ECONNREFUSED, []string{"loop0 cannot be opened", "too long", "107 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := *r
			r.T = t
			r.open(c.program, c.device).refused(&r, c.errno, c.words...)
		})
	}
}

// TestD1NonblockingOpenDoesNotWait, whatever WAIT says: such a program tries devices.
func TestD1NonblockingOpenDoesNotWait(t *testing.T) {
	t.Parallel()
	r := newRig(t, inRealTime)
	r.open("aplay", "loopbridge:LOOP=loop0,WAIT=1", "-N").refused(r, syscall.EAGAIN, "loop0: no server holds the loop")
}

func TestNoDaemon(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	r.open("aplay", "loopbridge:loop0").refused(r, syscall.ECONNREFUSED,
		"loop0 cannot be opened: no daemon on "+r.socket, `start one with "loopbridge serve"`, "$LOOPBRIDGE_SOCKET")
}

// TestDaemonOfAnotherVersion answers as one that is newer, and as one that pretends to
// understand.
func TestDaemonOfAnotherVersion(t *testing.T) {
	for name, answer := range map[string]func(request []byte) []byte{
		"refuses": func(request []byte) []byte {
			reply := wire.Reply{Header: wire.Header{Op: wire.OpOpen, Seq: binary.LittleEndian.Uint32(request[4:]), Errno: uint32(syscall.EPROTO)}}
			wire.Put(reply.Failure.Text[:], "loop0: the daemon speaks version 2: use the same release of both")
			return wire.EncodeReply(&reply)
		},
		"accepts": func(request []byte) []byte {
			return wire.EncodeReply(&wire.Reply{Header: wire.Header{Op: wire.OpOpen, Seq: binary.LittleEndian.Uint32(request[4:])}})
		},
		"is shorter": func([]byte) []byte { return make([]byte, 64) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rigOf(t)
			r.fakeDaemon(func(c *net.UnixConn) {
				request := make([]byte, wire.MessageBytes)
				if _, err := c.Read(request); err != nil {
					return
				}
				reply := answer(request)
				binary.LittleEndian.PutUint16(reply[2:], wire.Version+1)
				var files []byte
				if name == "accepts" { // anything: nobody may look at them
					nothing, err := os.Open(os.DevNull)
					if err != nil {
						t.Error(err)
						return
					}
					defer nothing.Close()
					files = syscall.UnixRights(int(nothing.Fd()), int(nothing.Fd()))
				}
				_, _, _ = c.WriteMsgUnix(reply, files, nil)
				_, _ = c.Read(request) // until it leaves
			})
			r.open("aplay", "loopbridge:loop0").refused(r, syscall.EPROTO, "loop0", "version", "use the same release of both")
		})
	}
}

// TestDaemonThatDoesNotAnswer, as one that is stopped: nobody waits for it for ever.
func TestDaemonThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	r.fakeDaemon(func(c *net.UnixConn) {
		request := make([]byte, wire.MessageBytes)
		for err := error(nil); err == nil; _, err = c.Read(request) {
		}
	})
	opening := r.open("aplay", "loopbridge:loop0")
	r.run("aplay", "-L").succeeds(r) // asks no daemon
	opening.refused(r, syscall.ETIMEDOUT, "the daemon does not answer", "loop0", "is it stopped?")
}

// TestDaemonThatHangsUp closes the connection without a word.
func TestDaemonThatHangsUp(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	r.fakeDaemon(func(*net.UnixConn) {})
	if p := r.open("aplay", "loopbridge:loop0").wait(r); p.status() != 1 {
		t.Errorf("aplay ended with status %d", p.status())
	} else {
		p.said(r, "loop0 cannot be opened")
	}
}

// fakeDaemon serves every connection with f.
func (r *rig) fakeDaemon(f func(*net.UnixConn)) {
	r.Helper()
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: r.socket, Net: "unixpacket"})
	if err != nil {
		r.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for c, err := l.AcceptUnix(); err == nil; c, err = l.AcceptUnix() {
			serving.Go(func() {
				defer c.Close()
				f(c)
			})
		}
	})
	r.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
}

// TestListOfDevices: aplay -L names the loops of a daemon, and works without one.
func TestListOfDevices(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	r.write("two.toml", []byte("[[loop]]\nname = \"phone\"\nrate = 8000\nchannels = 1\nformat = \"MU_LAW\"\n[[loop]]\nname = \"studio\"\n"))
	list := func() string { return r.run("aplay", "-L").succeeds(r).stdout.String() }
	const ours, phone, studio = "\nloopbridge\n", "loopbridge:phone  ", "loopbridge:studio  "
	format := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}.String()
	if all := "\n" + list(); !strings.Contains(all, ours) || strings.Contains(all, phone) {
		t.Errorf("without a daemon there is %q", all)
	}
	daemon := r.start(r.loopbridge(), "serve", "--config", r.file("two.toml"))
	r.until("the daemon is up", func() bool { _, err := os.Stat(r.socket + ".hints"); return err == nil })
	if all := "\n" + list(); !strings.Contains(all, ours) || !strings.Contains(all, phone+format) || !strings.Contains(all, studio+audio.DefaultFormat().String()) {
		t.Errorf("with a daemon there is %q", all)
	}
	daemon.stop(r)
	if all := list(); strings.Contains(all, phone) {
		t.Errorf("after it there is %q", all)
	}
}

// TestNotForThisProcess: a process that lets PortAudio open all that there is, to list it,
// opens no loop, and does not even look for a daemon.
func TestNotForThisProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t, inRealTime)
	open := strings.Join(append(rawArgs(cd), "-D", "loopbridge:loop0,server", "/dev/null"), " ")
	p := r.start("sh", "-c", "LOOPBRIDGE_NOT_FOR=$$ exec arecord "+open)
	p.refused(r, syscall.ENODEV)
	if said := p.stderr.String(); strings.Contains(said, "loopbridge: ") {
		t.Errorf("it said %q", said)
	}
	r.start("sh", "-c", "LOOPBRIDGE_NOT_FOR=1$$ exec arecord "+open)
	r.serverArmed("loop0")
}

// TestPatience stops the daemon before each step of a program, which waits for it for a
// limited time in all. The time is virtual.
func TestPatience(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	patience := r.file("patience")
	if err := compile("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-o", patience, "../testdata/patience.c", "-lasound"); err != nil {
		t.Fatal(err)
	}
	daemon := r.serve()
	p := r.run(patience, "loopbridge:loop0,server", "loopbridge:loop0", strconv.Itoa(daemon.Process.Pid)).succeeds(r)
	t.Logf("%s", p.stdout.String())
}
