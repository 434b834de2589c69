package backend_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// driver is a stream without a check of its own; it notes what it is called with.
type driver struct {
	granted backend.Config
	tick    backend.Tick
	err     error // of Wait, Read and Write
	calls   []string
	noted   bool // stop noting, to allocate nothing
}

func newDriver() *driver {
	return &driver{
		granted: backend.Config{Play: true, Record: true, Format: audio.DefaultFormat(), Period: 10, Periods: 2},
		tick:    backend.Tick{Position: 10, Readable: 10, Writable: 8},
	}
}

func (d *driver) note(call string) {
	if !d.noted {
		d.calls = append(d.calls, call)
	}
}

func (d *driver) Granted() backend.Config     { return d.granted }
func (d *driver) Wake()                       {}
func (d *driver) Start() error                { d.note("Start"); return nil }
func (d *driver) Stop() error                 { d.note("Stop"); return nil }
func (d *driver) Close() error                { d.note("Close"); return nil }
func (d *driver) Wait() (backend.Tick, error) { d.note("Wait"); return d.tick, d.err }

func (d *driver) Read(block []byte) (int, error) {
	d.note("Read")
	return len(block) / 4, d.err
}

func (d *driver) Write(block []byte) (int, error) {
	d.note("Write")
	return len(block) / 4, d.err
}

func want(t *testing.T, what string, got, sentinel error) {
	t.Helper()
	if sentinel == nil && got != nil || !errors.Is(got, sentinel) {
		t.Errorf("%s: %v, want %v", what, got, sentinel)
	}
}

func read(s backend.Stream, bytes int) error {
	_, err := s.Read(make([]byte, bytes))
	return err
}

func write(s backend.Stream, bytes int) error {
	_, err := s.Write(make([]byte, bytes))
	return err
}

func wait(s backend.Stream) error {
	_, err := s.Wait()
	return err
}

func TestGuardStates(t *testing.T) {
	d := newDriver()
	s := backend.Guard(d)

	want(t, "stop, stopped", s.Stop(), nil)
	want(t, "read, stopped", read(s, 0), audio.ErrInvalid)
	want(t, "write, stopped", write(s, 4), audio.ErrInvalid)
	want(t, "wait, stopped", wait(s), nil)
	want(t, "read, stopped, after a tick", read(s, 4), audio.ErrInvalid)
	want(t, "start", s.Start(), nil)
	want(t, "start, running", s.Start(), audio.ErrInvalid)
	want(t, "read before the first tick", read(s, 4), audio.ErrInvalid)
	want(t, "wait", wait(s), nil)
	want(t, "read", read(s, 40), nil)
	want(t, "stop", s.Stop(), nil)
	want(t, "stop again", s.Stop(), nil)
	want(t, "start again", s.Start(), nil)
	want(t, "read before the first tick of the new run", read(s, 4), audio.ErrInvalid)
	want(t, "close", s.Close(), nil)
	want(t, "close again", s.Close(), nil)
	for what, err := range map[string]error{
		"start": s.Start(), "wait": wait(s), "read": read(s, 0), "write": write(s, 0), "stop": s.Stop(),
	} {
		want(t, what+", closed", err, audio.ErrClosed)
	}
	s.Wake()
	if s.Granted() != d.granted {
		t.Error("granted changed")
	}
	if got := []string{"Wait", "Start", "Wait", "Read", "Stop", "Start", "Close"}; !slices.Equal(d.calls, got) {
		t.Errorf("the driver saw %v, want %v", d.calls, got)
	}
}

func TestGuardBlocks(t *testing.T) {
	d := newDriver()
	s := backend.Guard(d)
	want(t, "start", s.Start(), nil)
	want(t, "wait", wait(s), nil)
	want(t, "parts of a frame", read(s, 6), audio.ErrInvalid)
	want(t, "11 of 10 frames", read(s, 44), audio.ErrInvalid)
	want(t, "7 of 10 frames", read(s, 28), nil)
	want(t, "4 of 3 frames", read(s, 16), audio.ErrInvalid)
	want(t, "3 of 3 frames", read(s, 12), nil)
	want(t, "no frame", read(s, 0), nil)
	want(t, "1 of 0 frames", read(s, 4), audio.ErrInvalid)
	want(t, "9 of 8 frames", write(s, 36), audio.ErrInvalid)
	want(t, "8 of 8 frames", write(s, 32), nil)
	want(t, "1 of 0 frames", write(s, 4), audio.ErrInvalid)
	want(t, "wait", wait(s), nil)
	want(t, "10 of 10 frames", read(s, 40), nil)
}

func TestGuardDirections(t *testing.T) {
	d := newDriver()
	d.granted.Record = false
	s := backend.Guard(d)
	want(t, "read, stopped", read(s, 0), audio.ErrUnsupported)
	want(t, "start", s.Start(), nil)
	want(t, "wait", wait(s), nil)
	want(t, "read", read(s, 4), audio.ErrUnsupported)
	want(t, "write", write(s, 4), nil)
}

// TestGuardFailure: a device that failed is not asked again, but stopped and closed.
func TestGuardFailure(t *testing.T) {
	fail := map[string]func(backend.Stream) error{
		"Wait":  wait,
		"Read":  func(s backend.Stream) error { return read(s, 4) },
		"Write": func(s backend.Stream) error { return write(s, 4) },
	}
	for name, call := range fail {
		d := newDriver()
		s := backend.Guard(d)
		want(t, "start", s.Start(), nil)
		want(t, "wait", wait(s), nil)
		d.err = audio.ErrGone
		want(t, name, call(s), audio.ErrGone)
		d.err, d.calls = nil, nil
		for what, err := range map[string]error{
			"start": s.Start(), "wait": wait(s), "read": read(s, 0), "write": write(s, 0),
		} {
			want(t, what+" after "+name+" failed", err, audio.ErrGone)
		}
		want(t, "stop", s.Stop(), nil)
		want(t, "start", s.Start(), audio.ErrGone)
		want(t, "close", s.Close(), nil)
		want(t, "wait, closed", wait(s), audio.ErrClosed)
		if !slices.Equal(d.calls, []string{"Stop", "Close"}) {
			t.Errorf("after %s failed, the driver saw %v", name, d.calls)
		}
	}
}

func TestGuardTwice(t *testing.T) {
	s := backend.Guard(newDriver())
	if backend.Guard(s) != s {
		t.Error("a guard is guarded again")
	}
}

func TestGuardAllocates(t *testing.T) {
	d := newDriver()
	d.noted = true
	s := backend.Guard(d)
	want(t, "start", s.Start(), nil)
	block := make([]byte, 40)
	if n := testing.AllocsPerRun(100, func() {
		_, waited := s.Wait()
		_, got := s.Read(block)
		_, put := s.Write(block[:32])
		if waited != nil || got != nil || put != nil {
			t.Error(waited, got, put)
		}
	}); n != 0 {
		t.Errorf("a cycle makes %v allocations", n)
	}
}

// TestGuardWake is for the race detector: Wake and Granted share nothing with the
// engine's calls.
func TestGuardWake(t *testing.T) {
	d := newDriver()
	s := backend.Guard(d)
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for range 1000 {
				s.Wake()
				_ = s.Granted()
			}
		})
	}
	for range 100 {
		want(t, "cycle", errors.Join(s.Start(), wait(s), read(s, 4), s.Stop()), nil)
	}
	want(t, "close", s.Close(), nil)
	others.Wait()
}
