package node_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node"
	"github.com/loopbridge/loopbridge/node/cuse/cusetest"
	"github.com/loopbridge/loopbridge/node/oss"
	"github.com/loopbridge/loopbridge/node/sun"
)

// town is a daemon with nodes for loop0, for a loop that plays the device main, and for that. Its kernel, and the programs there,
// outlast the process.
type town struct {
	*testing.T
	clock   *backendtest.Clock
	bay     *loop.Patchbay
	engine  *loop.Engine
	set     *node.Set
	kernels []*cusetest.Kernel // by their descriptor
	names   map[string]*cusetest.Kernel
	gone    []func()
}

// descriptor is what a process has of a kernel.
type descriptor struct {
	io.ReadWriteCloser
	number int
}

func (d *descriptor) Descriptor() int { return d.number }
func (d *descriptor) SetReadDeadline(t time.Time) error {
	return d.ReadWriteCloser.(interface{ SetReadDeadline(time.Time) error }).SetReadDeadline(t)
}

func inTown(t *testing.T, run func(*town)) {
	synctest.Test(t, func(t *testing.T) {
		w := &town{T: t, names: map[string]*cusetest.Kernel{}}
		w.clock = backendtest.NewClock(backend.Config{Play: true, Record: true, Period: 480, Periods: 4})
		w.begin(loop.NewEngine("main", w.clock))
		w.set.Follow(w.plan())
		for _, k := range w.kernels {
			w.names[k.Name()] = k
		}
		run(w)
		w.set.Close()
		w.bay.Close()
		w.ok(w.engine.Close())
		for _, gone := range w.gone {
			gone()
		}
	})
}

func (w *town) plan() []node.Spec {
	return node.Plan([]string{"loop0", "speaker"}, func(name string) string {
		if name == "speaker" {
			return "main"
		}
		return ""
	}, []string{"main"}, node.Names{})
}

// begin makes a daemon without nodes.
func (w *town) begin(e *loop.Engine) {
	w.engine, w.bay = e, loop.NewPatchbay()
	w.ok(w.bay.AddDevice(e))
	w.ok(w.bay.Add(loop.Spec{Name: "loop0"}, e))
	w.ok(w.bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play}, e))
	w.set = node.NewSet(w.bay, node.Options{
		Dev: "/dev",
		Open: func() (io.ReadWriteCloser, error) {
			k := cusetest.New()
			w.kernels = append(w.kernels, k)
			return &descriptor{k.Descriptor(), len(w.kernels) - 1}, nil
		},
		Adopt: func(fd int) (io.ReadWriteCloser, error) { return &descriptor{w.kernels[fd].HandOver(), fd}, nil },
	})
}

func (w *town) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// handOver moves the daemon to another process. What stays of the old one stands still until the end of the test.
func (w *town) handOver() {
	w.Helper()
	synctest.Wait() // nobody is to wait for a lock, which is no rest in virtual time
	nodes, err := w.set.Freeze()
	w.ok(err)
	frozen := w.bay.Freeze()
	type handed struct {
		Bay   loop.State
		Nodes node.State
	}
	var h handed
	loops, err := frozen.State()
	w.ok(err)
	at, err := nodes.HandOver(frozen)
	w.ok(err)
	h.Bay, h.Nodes = *loops, *at
	var text bytes.Buffer
	w.ok(gob.NewEncoder(&text).Encode(h))
	h = handed{}
	w.ok(gob.NewDecoder(&text).Decode(&h))
	old, oldBay, oldEngine := w.set, w.bay, w.engine
	w.gone = append(w.gone, func() { // as its calls find nobody any more
		frozen.Thaw()
		nodes.Thaw()
		old.Close()
		oldBay.Close()
		_ = oldEngine.Close() // its clock has gone
	})
	s, err := w.clock.Resume(h.Bay.Devices[0].Stream)
	w.ok(err)
	e, err := loop.ResumeEngine("main", s, loop.EngineOptions{}, &h.Bay.Devices[0])
	w.ok(err)
	w.begin(e)
	r := w.set.Resume(&h.Nodes)
	ends, err := w.bay.Resume(&h.Bay, r.Host)
	w.ok(err)
	w.ok(r.Add(ends))
	w.bay.Run()
	r.Run()
	w.set.Follow(w.plan())
	synctest.Wait()
}

// rehearse freezes the daemon and lets it go on.
func (w *town) rehearse() {
	w.Helper()
	synctest.Wait() // nobody is to wait for a lock, which is no rest in virtual time
	nodes, err := w.set.Freeze()
	w.ok(err)
	frozen := w.bay.Freeze()
	_, err = frozen.State()
	w.ok(err)
	_, err = nodes.HandOver(frozen)
	w.ok(err)
	frozen.Thaw()
	nodes.Thaw()
	synctest.Wait()
}

func (w *town) open(name string, flags int) *cusetest.File {
	w.Helper()
	f, errno := w.names["loopbridge/"+name].Open(w.Context(), 1<<24, flags)
	if errno != 0 {
		w.Fatalf("%s: %v", name, errno)
	}
	return f
}

// counted are frames of four bytes that hold their numbers.
func counted(first, frames int) (b []byte) {
	for i := range frames {
		b = binary.NativeEndian.AppendUint32(b, uint32(first+i))
	}
	return b
}

// A stream of blocks of odd sizes, also of parts of frames, goes on in one process after another: no byte is lost or comes
// twice, whatever sleeps.
func TestHandoverLosesNothing(t *testing.T) {
	inTown(t, func(w *town) {
		const frames = 48000
		server, client := w.open("loop0.server", syscall.O_RDONLY), w.open("loop0", syscall.O_WRONLY)
		sent := counted(1, frames)
		played := make(chan syscall.Errno, 1)
		go func() {
			for at := 0; at < len(sent); {
				n, errno := client.Write(w.Context(), sent[at:min(at+1931, len(sent))])
				if errno != 0 {
					played <- errno
					return
				}
				at += n
			}
			client.Close(w.Context())
			played <- 0
		}()
		var got []byte
		ended := make(chan syscall.Errno, 1)
		go func() {
			buf := make([]byte, 1933)
			for {
				n, errno := server.Read(w.Context(), buf)
				if got = append(got, buf[:n]...); errno != 0 {
					ended <- errno
					return
				}
			}
		}()
		synctest.Wait()
		for i := range 120 {
			switch i % 8 {
			case 3:
				w.handOver()
			case 5:
				w.rehearse()
			}
			w.clock.Advance(480)
			synctest.Wait()
		}
		if errno := <-played; errno != 0 {
			t.Errorf("the writer: %v", errno)
		}
		if errno := <-ended; errno != syscall.ECONNRESET || !bytes.Equal(got, sent) {
			t.Errorf("%d bytes came of %d, or others, and then %v", len(got), len(sent), errno)
		}
	})
}

// What sleeps sleeps on, and ends as it would have: a server without a client by the client or a signal, a close by what is
// played, a poll by what comes, an open by who closes.
func TestHandoverOfSleepers(t *testing.T) {
	inTown(t, func(w *town) {
		server := w.open("loop0.server", syscall.O_RDONLY|syscall.O_NONBLOCK)
		ctx, signal := context.WithCancel(w.Context())
		read := make(chan syscall.Errno, 1)
		go func() {
			_, errno := server.Read(ctx, make([]byte, 400))
			read <- errno
		}()
		synctest.Wait()
		w.handOver()
		w.quiet("a read of a server", len(read))
		signal()
		if errno := <-read; errno != syscall.EINTR {
			t.Errorf("a read that a signal ends: %v", errno)
		}

		polled := make(chan uint32, 1)
		go func() { polled <- server.Wait(w.Context()) }()
		client := w.open("loop0", syscall.O_WRONLY)
		if n, errno := client.Write(w.Context(), make([]byte, 4*960)); n != 4*960 || errno != 0 {
			t.Error(n, errno)
		}
		synctest.Wait()
		w.handOver()
		w.quiet("a poll", len(polled))
		closed := make(chan struct{})
		go func() {
			client.Close(w.Context())
			close(closed)
		}()
		synctest.Wait()
		w.handOver()
		select {
		case <-closed:
			t.Error("a close returns before all is played")
		default:
		}
		for range 3 {
			w.clock.Advance(480)
			synctest.Wait()
		}
		if events := <-polled; events&1 == 0 {
			t.Errorf("a poll: %#x", events)
		}
		if n, errno := server.Read(w.Context(), make([]byte, 4*960)); n != 4*960 || errno != 0 {
			t.Errorf("a read: %d, %v", n, errno)
		}
		<-closed
	})
}

func (w *town) quiet(what string, n int) {
	w.Helper()
	if n > 0 {
		w.Errorf("%s has ended", what)
	}
}

// Opens of a device wait on for whoever holds it, with the state of the sides; a drain goes on.
func TestHandoverOfDevices(t *testing.T) {
	inTown(t, func(w *town) {
		first := w.open("main.audio", syscall.O_WRONLY)
		opened := make(chan *cusetest.File, 1)
		go func() { opened <- w.open("main.audio", syscall.O_WRONLY) }()
		if n, errno := first.Write(w.Context(), make([]byte, 100)); n != 100 || errno != 0 {
			t.Error(n, errno)
		}
		drained := make(chan syscall.Errno, 1)
		go func() { drained <- first.Ioctl(w.Context(), sun.Drain, nil) }()
		synctest.Wait()
		w.handOver()
		w.quiet("an open of what is held", len(opened))
		control := w.open("main.audioctl", syscall.O_RDONLY)
		info := make([]byte, sun.InfoBytes)
		if errno := control.Ioctl(w.Context(), sun.GetInfo, info); errno != 0 {
			t.Error(errno)
		}
		for range 10 {
			w.clock.Advance(480)
			synctest.Wait()
		}
		if errno := <-drained; errno != 0 {
			t.Errorf("a drain: %v", errno)
		}
		first.Close(w.Context())
		second := <-opened
		w.handOver()
		second.Close(w.Context())
	})
}

// What belongs to an open file stays with it.
func TestHandoverKeepsFiles(t *testing.T) {
	inTown(t, func(w *town) {
		server := w.open("loop0.server", syscall.O_RDONLY)
		memory := make([]byte, 4)
		binary.NativeEndian.PutUint32(memory, 44100)
		if errno := server.Ioctl(w.Context(), oss.Command(oss.Speed, 4, 4), memory); errno != 0 {
			t.Error(errno)
		}
		song := append([]byte("tune"), make([]byte, 60)...)
		if errno := server.Ioctl(w.Context(), oss.Command(oss.Song, 64, 0), song); errno != 0 {
			t.Error(errno)
		}
		w.handOver()
		clear(memory)
		if errno := server.Ioctl(w.Context(), oss.Command(oss.Speed, 4, 4), memory); errno != 0 || oss.Int(memory) != 44100 {
			t.Errorf("%d Hz, %v", oss.Int(memory), errno)
		}
		clear(song)
		if errno := server.Ioctl(w.Context(), oss.Command(oss.Song, 0, 64), song); errno != 0 || oss.Text(song) != "tune" {
			t.Errorf("%q, %v", oss.Text(song), errno)
		}
		for _, n := range w.set.Nodes() {
			if holders := n.Holders(); n.Of == "loop0" && n.Role == pcm.Server && (len(holders) != 1 || holders[0].PID != 1<<24) {
				t.Errorf("%s is held by %v", n.Path, holders)
			}
		}
		if _, errno := w.names["loopbridge/loop0.server"].Open(w.Context(), 2, syscall.O_RDONLY); errno != syscall.EBUSY {
			t.Errorf("a second server: %v", errno)
		}
		server.Close(w.Context())
		w.open("loop0.server", syscall.O_WRONLY).Close(w.Context())
	})
}
