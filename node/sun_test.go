package node_test

import (
	"bytes"
	"context"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/node"
	"github.com/loopbridge/loopbridge/node/cuse/cusetest"
	"github.com/loopbridge/loopbridge/node/sun"
)

// card is a device with its nodes. Time is virtual, and its clock is cranked by hand.
type card struct {
	*testing.T
	clock *backendtest.Clock
	nodes map[string]*cusetest.Kernel
}

// onCard runs a test in virtual time.
func onCard(t *testing.T, run func(*card)) {
	synctest.Test(t, func(t *testing.T) {
		c := &card{T: t, nodes: map[string]*cusetest.Kernel{}}
		c.clock = backendtest.NewClock(backend.Config{Play: true, Record: true, Period: 480, Periods: 4})
		engine, bay := loop.NewEngine("main", c.clock), loop.NewPatchbay()
		if err := bay.AddDevice(engine); err != nil {
			t.Fatal(err)
		}
		made := make(chan *cusetest.Kernel, 10)
		set := node.NewSet(bay, node.Options{Dev: "/dev", Open: func() (io.ReadWriteCloser, error) {
			k := cusetest.New()
			made <- k
			return k.Descriptor(), nil
		}})
		set.Follow(node.Plan(nil, nil, []string{"main"}, node.Names{Audio: "main"}))
		for range len(made) {
			k := <-made
			c.nodes[k.Name()] = k
		}
		defer func() {
			set.Close()
			bay.Close()
			if err := engine.Close(); err != nil {
				t.Error(err)
			}
		}()
		run(c)
	})
}

// open opens a node, which has to succeed.
func (c *card) open(name string, flags int) *cusetest.File {
	c.Helper()
	f, errno := c.nodes[name].Open(c.Context(), 1<<24, flags)
	if errno != 0 {
		c.Fatalf("open of %s: %v", name, errno)
	}
	return f
}

func (c *card) close(f *cusetest.File) {
	done := make(chan struct{})
	go func() {
		f.Close(c.Context())
		close(done)
	}()
	for {
		synctest.Wait()
		select {
		case <-done:
			return
		default:
			c.clock.Advance(480)
		}
	}
}

// unchanged is AUDIO_INITINFO.
func unchanged() []byte { return bytes.Repeat([]byte{0xFF}, sun.InfoBytes) }

// set is a SETINFO of bytes at offsets.
func (c *card) set(f *cusetest.File, values map[int]uint32) ([]byte, syscall.Errno) {
	c.Helper()
	info := unchanged()
	for at, v := range values {
		if wide := at < 48 || at >= 56 && at < 104 || at == 112; wide {
			copy(info[at:], []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
		} else {
			info[at] = byte(v)
		}
	}
	errno := f.Ioctl(c.Context(), sun.SetInfo, info)
	return info, errno
}

func (c *card) get(f *cusetest.File) []byte {
	c.Helper()
	info := make([]byte, sun.InfoBytes)
	if errno := f.Ioctl(c.Context(), sun.GetInfo, info); errno != 0 {
		c.Fatalf("GETINFO: %v", errno)
	}
	return info
}

func word(b []byte, at int) uint32 {
	return uint32(b[at]) | uint32(b[at+1])<<8 | uint32(b[at+2])<<16 | uint32(b[at+3])<<24
}

// Offsets in audio_info_t of play; record is 56 further.
const (
	rateAt, channelsAt, precisionAt, encodingAt, gainAt, portAt = 0, 4, 8, 12, 16, 20
	bufferAt, samplesAt, eofAt                                  = 36, 40, 44
	pauseAt, errorAt, waitingAt, balanceAt, openAt, activeAt    = 48, 49, 50, 51, 54, 55
	record, monitorAt, mutedAt                                  = 56, 112, 116
)

// E52: the first open of an idle device brings µ-law, 8000 Hz, mono; a second one of the other side leaves the first alone.
func TestE52_FormatOfTheFirstOpen(t *testing.T) {
	onCard(t, func(c *card) {
		w := c.open("audio", syscall.O_WRONLY)
		i := c.get(w)
		if word(i, rateAt) != 8000 || word(i, channelsAt) != 1 || word(i, precisionAt) != 8 || word(i, encodingAt) != 1 {
			t.Errorf("%v", i[:16])
		}
		if i, errno := c.set(w, map[int]uint32{rateAt: 48000, channelsAt: 2, precisionAt: 16, encodingAt: 3}); errno != 0 || word(i, rateAt) != 48000 || word(i, precisionAt) != 16 {
			t.Errorf("%v: %v", errno, i[:16])
		}
		r := c.open("loopbridge/main.audio", syscall.O_RDONLY)
		if i := c.get(r); word(i, rateAt) != 48000 || word(i, record+rateAt) != 8000 || i[openAt] != 1 || i[record+openAt] != 1 {
			t.Errorf("%v", i)
		}
		c.close(r)
		c.close(w)
		w = c.open("audio", syscall.O_WRONLY)
		if i := c.get(w); word(i, rateAt) != 8000 || i[record+openAt] != 0 {
			t.Errorf("after a close: %v", i[:60])
		}
		c.close(w)
	})
}

// What is played in µ-law is heard, and counted.
func TestD21_AudioPlaysMuLaw(t *testing.T) {
	onCard(t, func(c *card) {
		w := c.open("audio", syscall.O_WRONLY)
		if n, errno := w.Write(c.Context(), bytes.Repeat([]byte{0x80}, 800)); n != 800 || errno != 0 {
			t.Fatal(n, errno)
		}
		synctest.Wait()
		c.close(w)
		loud := 0
		for _, b := range c.clock.Played() {
			if b != 0 {
				loud++
			}
		}
		if loud < 4800*3 { // a tenth of a second at 48000 Hz, two channels of 16 bits
			t.Errorf("%d bytes are not silent", loud)
		}
		if i := c.get(c.open("audioctl", syscall.O_RDONLY)); word(i, samplesAt) != 800 || i[openAt] != 0 {
			t.Errorf("samples %d, open %d", word(i, samplesAt), i[openAt])
		}
	})
}

// E35, E36, D18: one bad field refuses all; 8-bit fields of 255 are unchanged.
func TestE35_E36_SetInfoIsAllOrNothing(t *testing.T) {
	onCard(t, func(c *card) {
		ctl := c.open("audioctl", syscall.O_RDWR)
		if _, errno := c.set(ctl, map[int]uint32{gainAt: 100, balanceAt: 65}); errno != syscall.EINVAL {
			t.Errorf("balance 65: %v", errno)
		}
		if _, errno := c.set(ctl, map[int]uint32{gainAt: 256}); errno != syscall.EINVAL {
			t.Errorf("gain 256: %v", errno)
		}
		if i := c.get(ctl); word(i, gainAt) != 255 {
			t.Errorf("gain %d", word(i, gainAt))
		}
		i, errno := c.set(ctl, map[int]uint32{gainAt: 200, balanceAt: 64, record + balanceAt: 255, monitorAt: 7, mutedAt: 1})
		if errno != 0 || word(i, gainAt) != 200 || i[balanceAt] != 64 || i[record+balanceAt] != 32 || word(i, monitorAt) != 7 || i[mutedAt] != 1 {
			t.Errorf("%v: %v", errno, i)
		}
		if _, errno := c.set(ctl, map[int]uint32{rateAt: 44100}); errno != syscall.EINVAL {
			t.Errorf("a format through the control node: %v", errno)
		}
		if i, errno := c.set(ctl, map[int]uint32{pauseAt: 1, errorAt: 1, eofAt: 3, waitingAt: 1}); errno != 0 || i[pauseAt] != 0 || i[errorAt] != 0 || word(i, eofAt) != 0 || i[waitingAt] != 0 {
			t.Errorf("E39: on a closed side %v: %v", errno, i[40:56])
		}
		if _, errno := c.set(ctl, nil); errno != 0 { // E34
			t.Error(errno)
		}
	})
}

// E41, E43, E44: waiting opens.
func TestE41_E43_E44_OpensWait(t *testing.T) {
	onCard(t, func(c *card) {
		r, w := c.open("audio", syscall.O_RDONLY), c.open("audio", syscall.O_WRONLY)
		ctl := c.open("audioctl", syscall.O_RDONLY)
		if _, errno := c.nodes["audio"].Open(c.Context(), 2, syscall.O_WRONLY|syscall.O_NONBLOCK); errno != syscall.EBUSY {
			t.Errorf("a busy side: %v", errno)
		}
		if i := c.get(ctl); i[waitingAt] != 0 {
			t.Error("waiting is set by an open that does not")
		}
		both := make(chan *cusetest.File, 1)
		go func() {
			f, errno := c.nodes["loopbridge/main.audio"].Open(c.Context(), 2, syscall.O_RDWR)
			if errno != 0 {
				t.Error(errno)
			}
			both <- f
		}()
		synctest.Wait()
		if i := c.get(ctl); i[waitingAt] != 1 || i[record+waitingAt] != 1 {
			t.Error("waiting is not set")
		}
		c.close(w)
		synctest.Wait()
		select {
		case <-both:
			t.Fatal("it has one side alone")
		default:
		}
		c.close(r)
		f := <-both
		if i := c.get(f); i[waitingAt] != 0 || i[openAt] != 1 || i[record+openAt] != 1 || i[117] != 2 {
			t.Errorf("%v", i[48:120])
		}
		// E42: an interrupted wait leaves nothing.
		ctx, cancel := context.WithTimeout(c.Context(), time.Second)
		defer cancel()
		if _, errno := c.nodes["audio"].Open(ctx, 3, syscall.O_RDONLY); errno != syscall.EINTR {
			t.Error(errno)
		}
		if i := c.get(ctl); i[record+waitingAt] != 0 {
			t.Error("waiting outlives the wait")
		}
		c.close(f)
	})
}

// E48: the close of a paused side waits; a signal ends that, and the next program has the side.
func TestE48_CloseOfAPausedSide(t *testing.T) {
	onCard(t, func(c *card) {
		ctl, w := c.open("audioctl", syscall.O_RDWR), c.open("audio", syscall.O_WRONLY)
		if _, errno := c.set(ctl, map[int]uint32{pauseAt: 1}); errno != 0 {
			t.Fatal(errno)
		}
		if n, errno := w.Write(c.Context(), make([]byte, 800)); n != 800 || errno != 0 {
			t.Error(n, errno)
		}
		ctx, signal := context.WithCancel(c.Context())
		closed := make(chan struct{})
		go func() {
			w.Close(ctx)
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("a paused side is closed at once")
		default:
		}
		signal()
		<-closed
		if i := c.get(ctl); i[openAt] != 0 {
			t.Error("it is open")
		}
		c.close(c.open("audio", syscall.O_WRONLY|syscall.O_NONBLOCK))
	})
}

// E47, E49, E37: pause loses nothing, a drain waits for it, and an error flag is read and reset at once.
func TestE47_E49_PauseAndDrain(t *testing.T) {
	onCard(t, func(c *card) {
		w, ctl := c.open("audio", syscall.O_WRONLY), c.open("audioctl", syscall.O_RDWR)
		if errno := ctl.Ioctl(c.Context(), sun.Drain, nil); errno != syscall.EINVAL {
			t.Errorf("DRAIN of a control node: %v", errno)
		}
		if errno := w.Ioctl(c.Context(), sun.Drain, nil); errno != 0 {
			t.Errorf("DRAIN of nothing: %v", errno)
		}
		if i, errno := c.set(ctl, map[int]uint32{pauseAt: 1}); errno != 0 || i[pauseAt] != 1 {
			t.Fatal(errno)
		}
		if n, errno := w.Write(c.Context(), make([]byte, 800)); n != 800 || errno != 0 {
			t.Fatal(n, errno)
		}
		drained := make(chan syscall.Errno, 1)
		go func() { drained <- w.Ioctl(c.Context(), sun.Drain, nil) }()
		for range 20 {
			synctest.Wait()
			c.clock.Advance(480)
		}
		if i := c.get(w); len(drained) > 0 || word(i, samplesAt) != 0 || i[activeAt] != 0 {
			t.Errorf("paused: drained %d, samples %d, active %d", len(drained), word(i, samplesAt), i[activeAt])
		}
		if _, errno := c.set(ctl, map[int]uint32{pauseAt: 0}); errno != 0 {
			t.Fatal(errno)
		}
		for len(drained) == 0 {
			synctest.Wait()
			c.clock.Advance(480)
		}
		if errno := <-drained; errno != 0 {
			t.Error(errno)
		}
		i, errno := c.set(w, map[int]uint32{samplesAt: 0}) // E38
		if errno != 0 || word(i, samplesAt) != 800 {
			t.Errorf("%v: samples %d, want the old 800", errno, word(i, samplesAt))
		}
		if i := c.get(w); word(i, samplesAt) != 0 {
			t.Errorf("samples %d after they were set to 0", word(i, samplesAt))
		}
		c.close(w)
	})
}

// D26: POLLPRI of the control node stands for SIGPOLL.
func TestD26_ControlNodeTellsChanges(t *testing.T) {
	onCard(t, func(c *card) {
		ctl, other := c.open("audioctl", syscall.O_RDONLY), c.open("audioctl", syscall.O_RDWR)
		if events := ctl.Poll(); events != 0 {
			t.Errorf("%#x before anything", events)
		}
		if _, errno := c.set(other, map[int]uint32{gainAt: 9}); errno != 0 {
			t.Fatal(errno)
		}
		if events := ctl.Wait(c.Context()); events != 2 {
			t.Errorf("%#x, want POLLPRI", events)
		}
		synctest.Wait() // until all of the change is told
		c.get(ctl)
		synctest.Wait()
		if events := ctl.Poll(); events != 0 {
			t.Errorf("%#x after a GETINFO", events)
		}
		ctl.Close(c.Context())
		other.Close(c.Context())
	})
}

// E37, E46: who clears the error flag of a queue that is still dry does not see it again; running dry anew raises it.
func TestE37_E46_ErrorIsRaisedOnceForABurst(t *testing.T) {
	onCard(t, func(c *card) {
		w, ctl := c.open("audio", syscall.O_WRONLY), c.open("audioctl", syscall.O_RDWR)
		dry := func() {
			if n, errno := w.Write(c.Context(), make([]byte, 800)); n != 800 || errno != 0 {
				t.Fatal(n, errno)
			}
			for range 40 {
				synctest.Wait()
				c.clock.Advance(480)
			}
			synctest.Wait()
		}
		for i := range 2 {
			dry()
			if b := c.get(ctl); b[errorAt] != 1 || b[activeAt] != 0 {
				t.Errorf("%d: error %d, active %d", i, b[errorAt], b[activeAt])
			}
			if b, errno := c.set(ctl, map[int]uint32{errorAt: 0}); errno != 0 || b[errorAt] != 1 {
				t.Errorf("%d: %v, the old error is %d", i, errno, b[errorAt])
			}
			for range 5 {
				c.clock.Advance(480)
				synctest.Wait()
			}
			if b, errno := c.set(ctl, map[int]uint32{errorAt: 0}); errno != 0 || b[errorAt] != 0 {
				t.Errorf("%d: %v, the old error is %d, still of the same burst", i, errno, b[errorAt])
			}
		}
	})
}
