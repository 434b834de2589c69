package null

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

// TestHandedOver: a stream that goes on in another process is the one it was, in real time and freewheeling, whatever it
// records, and the file that it writes has every frame once.
func TestHandedOver(t *testing.T) {
	backendtest.TestHeir(t, func(rt *rapid.T) (one, twin backendtest.World) {
		wish := config(rapid.SampledFrom([]int{1000, 44100}).Draw(rt, "rate"), 0, rapid.IntRange(2, 4).Draw(rt, "periods"))
		wish.Period = MinPeriod(wish.Format.Rate) * rapid.IntRange(1, 5).Draw(rt, "period")
		wish.Format.Encoding = rapid.SampledFrom([]audio.Encoding{audio.U8, audio.S24LE3, audio.FloatLE}).Draw(rt, "encoding")
		wish.Format.Channels = rapid.IntRange(1, 3).Draw(rt, "channels")
		wish.Play, wish.Record = rapid.Bool().Draw(rt, "play"), rapid.Bool().Draw(rt, "record")
		freewheel := rapid.Bool().Draw(rt, "freewheel")
		output := rapid.Bool().Draw(rt, "output")
		late := rapid.SliceOfN(rapid.Int64Range(0, 50e6), 1, 10).Draw(rt, "late")
		world := func() backendtest.World {
			c, n := newSimClock(), 0
			c.late = func() int64 { n++; return late[n%len(late)] }
			o := Options{Clock: c, Freewheel: freewheel, Input: backendtest.NewCounter(wish.Format)}
			w := backendtest.World{Resume: func(h backend.Handed) (backend.Stream, error) {
				return Resume(h, Options{Clock: c, Input: o.Input})
			}}
			if output {
				disk := newDisk(t)
				o.Output = newRecorder(t, disk, wish.Format)
				w.Played = func() []byte {
					_, all := readBack(t, disk.Name())
					return all
				}
			}
			var err error
			if w.Stream, err = Open(wish, o); err != nil {
				rt.Fatal(err)
			}
			return w
		}
		return world(), world()
	})
}

// TestRealTimeGoesOn: CLOCK_MONOTONIC is one for all processes, so a tick stays where the anchor puts it.
func TestRealTimeGoesOn(t *testing.T) {
	wish := config(48000, 48, 4)
	wish.Record = true
	s, err := Open(wish, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	first, err := s.Wait()
	for range 3 {
		if err != nil {
			t.Fatal(err)
		}
		h, err := backendtest.HandOver(s)
		if err != nil {
			t.Fatal(err)
		}
		next, err := Resume(h, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
		next.Wake()
		again, err := next.Wait()
		if err != nil || again.Position == first.Position && (again.Time != first.Time || again.Readable != first.Readable) {
			t.Fatalf("%+v, %v, before it was handed over %+v", again, err, first)
		}
		tick, err := next.Wait()
		if err != nil || tick.Position <= first.Position ||
			tick.Time-first.Time != int64(tick.Position-first.Position)*1e9/48000 {
			t.Fatalf("%+v, %v, before it was handed over %+v", tick, err, first)
		}
		s, first = next, tick
	}
}

// started is a running stream of a file.
func started(t testing.TB, wish backend.Config) (backend.Stream, *os.File) {
	t.Helper()
	disk := newDisk(t)
	s, err := Open(wish, Options{Clock: newSimClock(), Output: newRecorder(t, disk, wish.Format)})
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
		err = s.Start()
	}
	if err == nil {
		_, err = s.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, disk
}

// TestDamagedState: what cannot be is refused with a sentence, and leaves the descriptors as they are.
func TestDamagedState(t *testing.T) {
	wish := config(48000, 480, 4)
	wish.Play, wish.Record = true, true
	s, disk := started(t, wish)
	h, err := backend.HandOver(s)
	if err != nil {
		t.Fatal(err)
	}
	resume := func(h backend.Handed) (backend.Stream, error) {
		c := newSimClock()
		c.now += 20e6
		return Resume(h, Options{Clock: c})
	}
	backendtest.TestDamaged(t, h, resume)
	readOnly, err := os.Open(disk.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	replace := func(inner bool, old, new string) func(*backend.Handed) {
		return func(h *backend.Handed) {
			of := &h.State
			if inner {
				of = &h.Inner[0].State
			}
			changed := strings.Replace(string(*of), old, new, 1)
			if changed == string(*of) {
				t.Errorf("%s has no %s", *of, old)
			}
			*of = json.RawMessage(changed)
		}
	}
	for want, change := range map[string]func(*backend.Handed){
		"rate 0 Hz is out of range":                              replace(false, `"rate":48000`, `"rate":0`),
		"began at -1 ns":                                         replace(false, `"anchor":123456789`, `"anchor":-1`),
		"began at 9000000000000000000 ns":                        replace(false, `"anchor":123456789`, `"anchor":9000000000000000000`),
		"position 18446744073709551615 is out of range":          replace(false, `"position":480`, `"position":18446744073709551615`),
		"position 480000 is ahead of the clock":                  replace(false, `"position":480`, `"position":480000`),
		"period 481 frames":                                      replace(false, `"period":480}`, `"period":481}`),
		"period -1 frames":                                       replace(false, `"period":480}`, `"period":-1}`),
		"descriptor 1048576 is not open":                         func(h *backend.Handed) { h.Inner[0].Files = []int{1 << 20} },
		"4294967297 is not a descriptor":                         func(h *backend.Handed) { h.Inner[0].Files = []int{1<<32 + 1} },
		"cannot be written to":                                   func(h *backend.Handed) { h.Inner[0].Files = []int{int(readOnly.Fd())} },
		"a WAV file cannot go on with frame -1":                  replace(true, `"frames":0`, `"frames":-1`),
		"a WAV file cannot go on with frame 4611686018427387904": replace(true, `"frames":0`, `"frames":4611686018427387904`),
		"the WAV file has become shorter":                        replace(true, `"frames":0`, `"frames":1`),
		"cannot go on in a pipe":                                 replace(true, `"frames":0`, `"frames":0,"pipe":true`),
	} {
		t.Run(want, func(t *testing.T) {
			other := h
			other.Inner = []backend.Handed{h.Inner[0]}
			change(&other)
			if s, err := resume(other); s != nil || !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %v", s, err)
			}
		})
	}
	if block := make([]byte, 480*4); t.Failed() {
		return
	} else if n, err := s.Write(block); n != 480 || err != nil {
		t.Error("the stream that was handed over does not go on:", n, err)
	} else if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, all := readBack(t, disk.Name()); len(all) != 480*4 {
		t.Errorf("the file has %d bytes", len(all))
	}
}

// TestOutputIsNotHandedOver: what is no file stays where it is, and so does a file whose disk hangs.
func TestOutputIsNotHandedOver(t *testing.T) {
	wish := config(1000, 100, 4)
	wish.Play = true
	open := func(o Sink) backend.Stream {
		s, err := Open(wish, Options{Clock: newSimClock(), Output: o})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	if _, err := backend.HandOver(open(newRecorder(t, onlyWriter{newDisk(t)}, wish.Format))); !errors.Is(err, audio.ErrUnsupported) {
		t.Error("no descriptor:", err)
	}
	if _, err := backend.HandOver(open(deaf{})); !errors.Is(err, audio.ErrUnsupported) {
		t.Error("no recorder:", err)
	}
	disk := &slowDisk{File: newDisk(t), hold: make(chan struct{})}
	s := open(newRecorder(t, disk, wish.Format))
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(make([]byte, 400)); err != nil {
		t.Fatal(err)
	}
	if _, err := backend.HandOver(s); !errors.Is(err, audio.ErrBusy) {
		t.Error("a disk that hangs:", err)
	}
	close(disk.hold)
	h, err := backend.HandOver(s)
	if err != nil || !strings.Contains(string(h.Inner[0].State), `"frames":100`) {
		t.Errorf("a disk that hung: %+v, %v", h.Inner, err)
	}
}

// onlyWriter hides what its file is.
type onlyWriter struct{ f *os.File }

func (w onlyWriter) Write(p []byte) (int, error) { return w.f.Write(p) }
func (w onlyWriter) Close() error                { return w.f.Close() }

// deaf is a Sink that is no Recorder.
type deaf struct{}

func (deaf) Play([]byte)  {}
func (deaf) Room() int    { return 1 << 20 }
func (deaf) Flush()       {}
func (deaf) Close() error { return nil }

// TestFailedFileStaysFailed: a full disk ends the file, also if a program goes on that finds room again.
func TestFailedFileStaysFailed(t *testing.T) {
	wish := config(1000, 100, 4)
	wish.Play = true
	disk := &fullDisk{File: newDisk(t), room: 300}
	c := newSimClock()
	s, err := Open(wish, Options{Clock: c, Output: newRecorder(t, disk, wish.Format)})
	if err != nil {
		t.Fatal(err)
	}
	play := func() {
		t.Helper()
		tick, err := s.Wait()
		if err == nil {
			_, err = s.Write(numbered(wish.Format, tick.Writable))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	play()
	h, err := backendtest.HandOver(s)
	if err != nil {
		t.Fatal(err)
	}
	old := s
	if s, err = Resume(h, Options{Clock: c}); err != nil {
		t.Fatal(err)
	}
	play()
	if err := s.Close(); !errors.Is(err, audio.ErrIO) || !strings.Contains(err.Error(), "no space left") {
		t.Error("close:", err)
	}
	r, _ := backend.As[backend.Reporter](s)
	if told := reports(r); len(told) != 1 || !strings.Contains(told[0], fmt.Sprintf("%d frames are missing", 200-h0(t, h))) {
		t.Error(told)
	}
	_ = old.Close()
	if _, all := readBack(t, disk.Name()); len(all) != 4*h0(t, h) {
		t.Errorf("the file has %d bytes", len(all))
	}
}

// h0 is how many frames were in the file.
func h0(t *testing.T, h backend.Handed) int {
	t.Helper()
	var k kept
	if err := json.Unmarshal(h.Inner[0].State, &k); err != nil || k.File.Failed == "" {
		t.Fatalf("%s, %v", h.Inner[0].State, err)
	}
	return int(k.File.Frames)
}

// FuzzResume: whatever is handed over, there is an error, or a stream that can be used.
func FuzzResume(f *testing.F) {
	wish := config(1000, 10, 4)
	wish.Play, wish.Record = true, true
	s, _ := simulated(f, wish, false)
	disk := newDisk(f)
	h, err := backend.HandOver(s)
	if err != nil {
		f.Fatal(err)
	}
	recorder := `{"file":{"base":0,"frames":0},"dropped":0,"slow":false}`
	f.Add([]byte(h.State), recorder, true, 1, 2)
	f.Add([]byte(h.State), "", false, 0, 0)
	f.Add([]byte(strings.Replace(string(h.State), "{", `{"freewheel":true,`, 1)), "", true, 0, 0)
	f.Fuzz(func(t *testing.T, state []byte, output string, running bool, readable, writable int) {
		h := backend.Handed{Kind: kind, State: state, Running: running, Readable: readable, Writable: writable}
		if output != "" {
			fd, err := unix.Dup(int(disk.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			h.Inner = []backend.Handed{{Kind: recorderKind, State: []byte(output), Files: []int{fd}}}
		}
		s, err := Resume(h, Options{Clock: newSimClock()})
		if err != nil {
			for _, fd := range h.Descriptors() {
				_ = unix.Close(fd)
			}
			return
		}
		defer s.Close()
		s.Wake()
		if tick, err := s.Wait(); err != nil || tick.Readable < 0 || tick.Writable < 0 {
			t.Errorf("%+v, %v", tick, err)
		}
	})
}
