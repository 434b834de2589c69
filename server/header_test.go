package server_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

// liar is a program that holds one end of loop0 and writes what it likes into its
// memory, in a session with an honest one at the other end.
type liar struct {
	*raw
	shm
	role   pcm.Role
	dir    audio.Direction
	size   uint64 // of its ring, in frames
	honest *pcm.PCM
}

const liarBuffer = 480

func (r *rig) liar(role pcm.Role, dir audio.Direction) *liar {
	r.Helper()
	r.free("loop0")
	l := &liar{raw: r.dial(), role: role, dir: dir, size: liarBuffer}
	o := pcm.Options{Role: pcm.Server, Direction: dir, Period: 48, Buffer: liarBuffer}
	if role == pcm.Client {
		o.Direction = dir.Opposite()
		l.honest = r.open("loop0", o)
		o.Role, o.Direction = role, dir
	}
	l.raw.open("loop0", o)
	l.shm = l.granted()
	if role == pcm.Server {
		l.honest = r.open("loop0", pcm.Options{Role: pcm.Client, Direction: dir.Opposite(), Period: 48, Buffer: liarBuffer})
	}
	return l
}

// run begins the session and lets it move some frames.
func (l *liar) run(ctx context.Context) {
	l.Helper()
	l.op(wire.OpStart)
	if l.honest.Direction() == pcm.Write {
		_, _ = l.honest.Write(ctx, make([]byte, 4*96))
	} else if _, err := l.honest.Poll(1); err != nil {
		l.Fatal(err)
	}
	if l.dir == pcm.Write {
		l.put("program", 96)
	}
	servertest.Until(l, "frames to move", func() bool { return l.get("daemon") >= 96 })
}

// everyLiar does f for both roles and both directions.
func everyLiar(t *testing.T, f func(t *testing.T, role pcm.Role, dir audio.Direction)) {
	for _, role := range []pcm.Role{pcm.Server, pcm.Client} {
		for _, dir := range []audio.Direction{pcm.Read, pcm.Write} {
			t.Run(fmt.Sprintf("%ss_%s", role, dir), func(t *testing.T) { f(t, role, dir) })
		}
	}
}

// Anything in any word, before and during a session: the program is disconnected or
// outlived, its partner can always leave, and the loop is free for the next ones.
func TestNonsenseInEveryWord(t *testing.T) {
	everyLiar(t, func(t *testing.T, role pcm.Role, dir audio.Direction) {
		r := newRig(t)
		by := newBystander(t, r.Path)
		for _, word := range wire.Layout() {
			for _, value := range []uint64{0, 97, 1 << 31, 1<<63 + 5, math.MaxUint64} {
				for _, during := range []bool{false, true} {
					l := r.liar(role, dir)
					if during {
						l.run(servertest.Guard(t))
						l.put(word.Name, value)
					} else {
						l.put(word.Name, value)
						l.op(wire.OpStart)
					}
					cycles := r.engine.Cycles()
					if l.honest.Direction() == pcm.Write {
						l.honest.SetNonblock(true)
						if role == pcm.Server || during {
							_, _ = l.honest.Write(servertest.Guard(t), make([]byte, 4*96))
						}
					}
					servertest.Until(t, "the engine to look", func() bool { return r.engine.Cycles() > cycles+2 })
					if role == pcm.Client && !during {
						_, _ = l.honest.Poll(1) // its start
					}
					l.UnixConn.Close()
					l.honest.Abandon()
					r.free("loop0")
				}
			}
		}
		by.goesOn()
		r.works("loop0")
	})
}

// A position that cannot be is found out in the next cycle: the program gets EPROTO
// and is disconnected, its partner gets ECONNRESET.
func TestImpossiblePositionsDisconnect(t *testing.T) {
	positions := map[audio.Direction]map[string]func(l *liar) uint64{
		pcm.Write: {
			"behind":             func(l *liar) uint64 { return l.get("program") - 1 },
			"beyond":             func(l *liar) uint64 { return l.get("daemon") + 10*l.size },
			"wrapped":            func(*liar) uint64 { return math.MaxUint64 },
			"wrapped below zero": func(l *liar) uint64 { return -l.size },
			"zero":               func(*liar) uint64 { return 0 },
		},
		pcm.Read: {
			"behind":  func(*liar) uint64 { return 0 },
			"beyond":  func(l *liar) uint64 { return l.get("daemon") + 48000 },
			"wrapped": func(*liar) uint64 { return math.MaxUint64 },
		},
	}
	everyLiar(t, func(t *testing.T, role pcm.Role, dir audio.Direction) {
		r := newRig(t)
		by := newBystander(t, r.Path)
		for name, position := range positions[dir] {
			l := r.liar(role, dir)
			l.run(servertest.Guard(t))
			if dir == pcm.Read {
				l.put("program", l.get("daemon")) // all was read; engine has to have seen it
				cycles := r.engine.Cycles()
				servertest.Until(t, "the engine to look", func() bool { return r.engine.Cycles() > cycles+2 })
			}
			l.put("program", position(l))
			l.cutOff()
			if state, errno := ring.State(l.get("state")), syscall.Errno(l.get("errno")); state != ring.Ended || errno != syscall.EPROTO {
				t.Errorf("%s: the end is %s with %v, want ended with EPROTO", name, state, errno)
			}
			servertest.Until(t, name+": the partner to be told", func() bool { return l.honest.State() == ring.Ended })
			err := error(nil)
			for err == nil {
				_, err = l.honest.Read(servertest.Guard(t), make([]byte, 4*48))
			}
			if l.honest.Direction() == pcm.Write {
				_, err = l.honest.Write(servertest.Guard(t), make([]byte, 4))
			}
			if !errors.Is(err, audio.ErrReset) {
				t.Errorf("%s: the partner got %v, want ErrReset", name, err)
			}
			l.honest.Abandon()
			r.free("loop0")
		}
		by.goesOn()
		r.works("loop0")
	})
}

// The daemon's own words do not matter to the daemon: a writer that overwrites all
// of them still gets every frame across.
func TestDaemonsWordsAreNotTrusted(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	l := r.liar(pcm.Client, pcm.Write)
	for i := range liarBuffer {
		l.mem[4096+4*i], l.mem[4096+4*i+1] = byte(i), byte(i>>8)
	}
	l.op(wire.OpStart)
	l.put("program", liarBuffer)
	for _, word := range wire.Layout() {
		if word.Name != "program" {
			l.put(word.Name, 0x5555_5555_5555_5555)
		}
	}
	got := make([]byte, 4*liarBuffer)
	if n, err := l.honest.Read(servertest.Guard(t), got); n != liarBuffer || err != nil {
		t.Fatalf("read %d frames, %v", n, err)
	}
	for i := range liarBuffer {
		if got[4*i] != byte(i) || got[4*i+1] != byte(i>>8) {
			t.Fatalf("frame %d is % x", i, got[4*i:4*i+4])
		}
	}
	l.UnixConn.Close()
	l.honest.Abandon()
	r.works("loop0")
	by.goesOn()
}

// The memory is sealed, and what a program makes of the rest of its rights is its
// own trouble.
func TestMemoryCannotBePulledAway(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	c := r.dial()
	c.open("loop0", serverReads())
	reply, fds, err := c.reply()
	if err != nil || len(fds) != 2 {
		t.Fatalf("%+v, %v", reply.Header, err)
	}
	memfd := fds[0]
	defer unix.Close(memfd)
	defer unix.Close(fds[1])
	for _, size := range []int64{0, 4096, int64(reply.Granted.Bytes) + 4096} {
		if err := unix.Ftruncate(memfd, size); !errors.Is(err, syscall.EPERM) {
			t.Errorf("ftruncate to %d: %v, want EPERM", size, err)
		}
	}
	if _, err := unix.FcntlInt(uintptr(memfd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE); !errors.Is(err, syscall.EPERM) {
		t.Errorf("another seal: %v, want EPERM", err)
	}
	c.op(wire.OpStart)
	w := r.open("loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Period: 48})
	if _, err := w.Write(servertest.Guard(t), make([]byte, 4*480)); err != nil {
		t.Fatal(err)
	}
	// A hole is zeros: position 0, which an honest reader that has read nothing has.
	if err := unix.Fallocate(memfd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, int64(reply.Granted.Bytes)); err != nil {
		t.Fatal(err)
	}
	by.goesOn()
	c.Close()
	w.Abandon()
	r.works("loop0")
	by.goesOn()
}
