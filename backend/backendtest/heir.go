package backendtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// World is a stream and the time that it lives in. Worlds of one kind are equal: whatever is done in two of them, the
// same happens.
type World struct {
	// Stream is open.
	Stream backend.Stream
	// Resume makes a stream that was handed over go on in the same time.
	Resume func(backend.Handed) (backend.Stream, error)
	// Pass lets so many frames pass, for the next Wait; nil: the time passes in Wait.
	Pass func(frames int)
	// Happen is something that happens to the device, after which it needs a Wake. May be nil.
	Happen func()
	// Played returns all that was played, after Close. May be nil.
	Played func() []byte
}

// TestHeir runs streams of one kind, each beside a twin in another world. One of them is handed over at any moments, as
// to another process, or only described and then used on. Neither may make a difference: each tick, each frame that is
// recorded and all that is played must be those of the twin. open draws the kind of the world.
func TestHeir(t *testing.T, open func(*rapid.T) (one, twin World)) {
	rapid.Check(t, func(t *rapid.T) {
		one, twin := open(t)
		h := &heirs{worlds: [2]World{one, twin}}
		defer h.close(t) // also after a failure
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			h.step(t)
		}
	})
}

type heirs struct {
	worlds  [2]World         // the second one is never handed over
	old     []backend.Stream // that were handed over
	tick    backend.Tick
	running bool
	woken   bool
}

// both does something in both worlds and compares what comes of it.
func both[R comparable](t *rapid.T, h *heirs, what string, do func(World) (R, error)) (r R) {
	var all [2]R
	var errs [2]error
	for i, w := range h.worlds {
		all[i], errs[i] = do(w)
	}
	if all[0] != all[1] || fmt.Sprint(errs[0]) != fmt.Sprint(errs[1]) {
		t.Fatalf("%s: %+v, %v after it was handed over, %+v, %v in the stream that was not", what, all[0], errs[0], all[1], errs[1])
	}
	return all[1]
}

type nothing struct{}

func (h *heirs) step(t *rapid.T) {
	granted := h.worlds[1].Stream.Granted()
	most := granted.Period * granted.Periods
	frame := granted.Format.FrameBytes()
	switch what := rapid.SampledFrom([]string{"wait", "wait", "wait", "read", "read", "read", "write", "write",
		"hand over", "hand over", "start", "start", "stop", "wake", "period", "stay", "happen"}).Draw(t, "step"); what {
	case "start":
		if !h.running {
			both(t, h, what, func(w World) (nothing, error) { return nothing{}, w.Stream.Start() })
			h.running, h.tick = true, backend.Tick{}
		}
	case "stop":
		both(t, h, what, func(w World) (nothing, error) { return nothing{}, w.Stream.Stop() })
		h.running, h.tick.Readable, h.tick.Writable = false, 0, 0
	case "wake":
		h.wake(h.worlds[:])
	case "wait":
		if !h.running {
			h.wake(h.worlds[:])
		}
		frames := rapid.OneOf(rapid.Just(granted.Period), rapid.IntRange(granted.Period, 3*most)).Draw(t, "frames")
		h.tick = both(t, h, what, func(w World) (backend.Tick, error) { return h.wait(w, frames) })
		h.woken = false
	case "read":
		n := rapid.OneOf(rapid.Just(h.tick.Readable), rapid.IntRange(0, h.tick.Readable)).Draw(t, "frames")
		both(t, h, what, func(w World) (string, error) {
			block := make([]byte, n*frame)
			n, err := w.Stream.Read(block)
			return fmt.Sprintf("%d frames: %x", n, block), err
		})
		h.tick.Readable -= n
	case "write":
		block := make([]byte, rapid.IntRange(0, h.tick.Writable).Draw(t, "frames")*frame)
		NewCounter(granted.Format).Fill(block, h.tick.Position)
		h.tick.Writable -= both(t, h, what, func(w World) (int, error) { return w.Stream.Write(slices.Clone(block)) })
	case "period":
		n := rapid.IntRange(0, 2*granted.Period).Draw(t, "frames")
		both(t, h, what, func(w World) (backend.Config, error) {
			if p, ok := backend.As[backend.Pacer](w.Stream); ok {
				p.SetPeriod(n)
			}
			return w.Stream.Granted(), nil
		})
	case "happen":
		for _, w := range h.worlds {
			if w.Happen != nil {
				w.Happen()
			}
		}
		h.wake(h.worlds[:])
	case "hand over":
		h.handOver(t)
	case "stay":
		if _, err := backend.HandOver(h.worlds[0].Stream); err != nil {
			t.Fatal("handing over:", err)
		}
	}
}

// wait is a Wait, before which frames pass unless it was woken.
func (h *heirs) wait(w World, frames int) (backend.Tick, error) {
	if w.Pass != nil && h.running && !h.woken {
		w.Pass(frames)
	}
	return w.Stream.Wait()
}

func (h *heirs) wake(worlds []World) {
	for _, w := range worlds {
		w.Stream.Wake()
	}
	h.woken = true
}

// handOver replaces a stream by one that goes on.
func (h *heirs) handOver(t *rapid.T) {
	w := &h.worlds[0]
	handed, err := HandOver(w.Stream)
	if err != nil {
		t.Fatal("handing over:", err)
	}
	s, err := w.Resume(handed)
	if err != nil {
		t.Fatalf("%s does not go on: %v", handed.State, err)
	}
	if s.Granted() != w.Stream.Granted() {
		t.Fatalf("granted %+v, before it was handed over %+v", s.Granted(), w.Stream.Granted())
	}
	h.old = append(h.old, w.Stream)
	w.Stream = s
	if h.woken { // no Wait has met it
		w.Stream.Wake()
	}
}

// close closes what goes on before what was handed over: in another process that would be no more.
func (h *heirs) close(t *rapid.T) {
	all := []backend.Stream{h.worlds[1].Stream, h.worlds[0].Stream}
	for _, s := range append(all, h.old...) {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	}
	if one, twin := h.worlds[0].Played, h.worlds[1].Played; one != nil {
		if got, want := one(), twin(); !bytes.Equal(got, want) {
			t.Errorf("%d bytes were played, by the stream that was not handed over %d, or others", len(got), len(want))
		}
	}
}

// HandOver hands a stream over as to another process: through JSON, and with descriptors of its own, so that the stream
// can be closed. Close what goes on first, because a real process would be gone.
func HandOver(s backend.Stream) (backend.Handed, error) {
	h, err := backend.HandOver(s)
	if err != nil {
		return h, err
	}
	text, err := json.Marshal(h)
	if err != nil {
		return h, err
	}
	h = backend.Handed{}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, err
	}
	return h, duplicate(&h)
}

func duplicate(h *backend.Handed) error {
	var errs []error
	for i, fd := range h.Files {
		var err error
		h.Files[i], err = syscall.Dup(fd)
		errs = append(errs, err)
	}
	for i := range h.Inner {
		errs = append(errs, duplicate(&h.Inner[i]))
	}
	return errors.Join(errs...)
}

// TestDamaged resumes what is a little different from h: resume has to answer with audio.ErrInvalid or another error of
// that table, or with a stream that can be used, but never to panic. It owns what h describes.
func TestDamaged(t *testing.T, h backend.Handed, resume func(backend.Handed) (backend.Stream, error)) {
	for name, change := range map[string]func(*backend.Handed){
		"kind":              func(h *backend.Handed) { h.Kind = "other" },
		"no state":          func(h *backend.Handed) { h.State = nil },
		"half a state":      func(h *backend.Handed) { h.State = h.State[:len(h.State)/2] },
		"more state":        func(h *backend.Handed) { h.State = append(slices.Clone(h.State), "{}"...) },
		"a newer field":     func(h *backend.Handed) { h.State = append([]byte(`{"newer":1,`), h.State[1:]...) },
		"negative readable": func(h *backend.Handed) { h.Running, h.Readable = true, -1 },
		"negative writable": func(h *backend.Handed) { h.Running, h.Writable = true, -1 },
		"huge readable":     func(h *backend.Handed) { h.Running, h.Readable = true, 1<<62 },
		"huge writable":     func(h *backend.Handed) { h.Running, h.Writable = true, 1<<62 },
		"stopped, but left": func(h *backend.Handed) { h.Running, h.Writable = false, 1 },
		"more files":        func(h *backend.Handed) { h.Files = append(slices.Clone(h.Files), 1<<20) },
		"more inside":       func(h *backend.Handed) { h.Inner = append(slices.Clone(h.Inner), *h, *h, *h) },
	} {
		t.Run(name, func(t *testing.T) {
			h := h
			change(&h)
			s, err := resume(h)
			if !errors.Is(err, audio.ErrInvalid) {
				t.Errorf("%v, %v", s, err)
			}
			if s != nil {
				_ = s.Close()
			}
		})
	}
}
