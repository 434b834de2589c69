package backendtest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// auto is a Clock that advances by itself: a Wait that would sleep lets one period pass.
type auto struct{ *Clock }

func (a auto) Wait() (backend.Tick, error) {
	a.mu.Lock()
	if a.running && !a.woken && a.dueLocked() == 0 {
		a.total += uint64(a.Clock.period)
	}
	a.mu.Unlock()
	return a.Clock.Wait()
}

func openAuto(wish backend.Config) (backend.Stream, error) { return auto{NewClock(wish)}, nil }

func TestClockConforms(t *testing.T) {
	TestStream(t, openAuto, backend.Config{
		Format:  audio.Format{Rate: 44100, Channels: 3, Encoding: audio.S24LE3},
		Period:  64,
		Periods: 2,
	})
}

// broken is a stream with one fault; what is nil is sound.
type broken struct {
	backend.Stream
	granted func(backend.Config) backend.Config
	start   func(do func() error) error
	wait    func(do func() (backend.Tick, error)) (backend.Tick, error)
	wake    func(do func())
	read    func(do func([]byte) (int, error), block []byte) (int, error)
	write   func(do func([]byte) (int, error), block []byte) (int, error)
	stop    func(do func() error) error
	close   func(do func() error) error
	pace    func(do func(int) int, frames int) int
	hand    func() (backend.Handed, error)
}

func (b *broken) HandOver() (backend.Handed, error) {
	if b.hand != nil {
		return b.hand()
	}
	return backend.HandOver(b.Stream)
}

func (b *broken) Granted() backend.Config {
	if b.granted != nil {
		return b.granted(b.Stream.Granted())
	}
	return b.Stream.Granted()
}

func (b *broken) Start() error {
	if b.start != nil {
		return b.start(b.Stream.Start)
	}
	return b.Stream.Start()
}

func (b *broken) Wait() (backend.Tick, error) {
	if b.wait != nil {
		return b.wait(b.Stream.Wait)
	}
	return b.Stream.Wait()
}

func (b *broken) Wake() {
	if b.wake != nil {
		b.wake(b.Stream.Wake)
		return
	}
	b.Stream.Wake()
}

func (b *broken) Read(block []byte) (int, error) {
	if b.read != nil {
		return b.read(b.Stream.Read, block)
	}
	return b.Stream.Read(block)
}

func (b *broken) Write(block []byte) (int, error) {
	if b.write != nil {
		return b.write(b.Stream.Write, block)
	}
	return b.Stream.Write(block)
}

func (b *broken) Stop() error {
	if b.stop != nil {
		return b.stop(b.Stream.Stop)
	}
	return b.Stream.Stop()
}

func (b *broken) Close() error {
	if b.close != nil {
		return b.close(b.Stream.Close)
	}
	return b.Stream.Close()
}

func (b *broken) SetPeriod(frames int) int {
	p := b.Stream.(backend.Pacer)
	if b.pace != nil {
		return b.pace(p.SetPeriod, frames)
	}
	return p.SetPeriod(frames)
}

// TestSuiteFinds: every fault is found by the check that is meant for it.
func TestSuiteFinds(t *testing.T) {
	forgotten := make(chan struct{})
	defer close(forgotten)
	faults := []struct {
		name  string
		check string
		put   func(*broken)
	}{
		{"granted other than wished", "granted", func(b *broken) {
			b.granted = func(c backend.Config) backend.Config { c.Play = !c.Play; return c }
		}},
		{"granted changes", "granted", func(b *broken) {
			n := 0
			b.granted = func(c backend.Config) backend.Config { n++; c.Periods += n / 3; return c }
		}},
		{"one period is no buffer", "granted", func(b *broken) {
			b.granted = func(c backend.Config) backend.Config { c.Periods = 1; return c }
		}},
		{"second start", "life", func(b *broken) {
			b.start = func(do func() error) error {
				if err := do(); !errors.Is(err, audio.ErrInvalid) {
					return err
				}
				return nil
			}
		}},
		{"stop of a stopped stream fails", "life", func(b *broken) {
			running := false
			b.start = func(do func() error) error { running = true; return do() }
			b.stop = func(do func() error) error {
				if !running {
					return audio.ErrInvalid
				}
				running = false
				return do()
			}
		}},
		{"read of a play stream", "life", func(b *broken) {
			b.read = func(do func([]byte) (int, error), block []byte) (int, error) {
				if n, err := do(block); !errors.Is(err, audio.ErrUnsupported) {
					return n, err
				}
				return 0, nil
			}
		}},
		{"write while stopped", "life", func(b *broken) {
			b.write = func(do func([]byte) (int, error), block []byte) (int, error) {
				if n, err := do(block); len(block) > 0 || errors.Is(err, audio.ErrClosed) {
					return n, err
				}
				return 0, nil
			}
		}},
		{"second close fails", "closed", func(b *broken) {
			closed := false
			b.close = func(do func() error) error {
				if closed {
					return audio.ErrClosed
				}
				closed = true
				return do()
			}
		}},
		{"wait after close", "closed", func(b *broken) {
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				if errors.Is(err, audio.ErrClosed) {
					err = nil
				}
				return t, err
			}
		}},
		{"goroutine left behind", "closed", func(b *broken) {
			b.close = func(do func() error) error {
				go func() { <-forgotten }()
				return do()
			}
		}},
		{"position goes on over a restart", "restart", func(b *broken) {
			var base, last uint64
			b.start = func(do func() error) error { base = last; return do() }
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				t.Position += base
				last = t.Position
				return t, err
			}
		}},
		{"position runs back", "ticks", ticks(func(n int, t *backend.Tick) {
			if n == 5 {
				t.Position = 64
			}
		})},
		{"position between periods", "ticks", ticks(func(n int, t *backend.Tick) { t.Position += uint64(n) })},
		{"position stands", "ticks", ticks(func(n int, t *backend.Tick) { t.Position -= t.Position / 128 * 64 })},
		{"time stands", "ticks", ticks(func(_ int, t *backend.Tick) { t.Time = 1 })},
		{"time runs back", "ticks", ticks(func(_ int, t *backend.Tick) { t.Time = -t.Time })},
		{"readable beyond the buffer", "ticks", ticks(func(_ int, t *backend.Tick) { t.Readable += 1000 })},
		{"writable below zero", "ticks", ticks(func(_ int, t *backend.Tick) { t.Writable = -1 })},
		{"nothing ever readable", "ticks", ticks(func(_ int, t *backend.Tick) { t.Readable = 0 })},
		{"nothing ever writable", "ticks", ticks(func(_ int, t *backend.Tick) { t.Writable = 0 })},
		{"more lost than passed", "ticks", ticks(func(_ int, t *backend.Tick) { t.Lost = t.Position + 1 })},
		{"reads more than there is", "ticks", func(b *broken) {
			b.read = func(do func([]byte) (int, error), block []byte) (int, error) {
				n, err := do(block)
				return n + 1, err
			}
		}},
		{"wakes add up", "wakes-stopped", func(b *broken) {
			var left atomic.Int32
			b.wake = func(do func()) { left.Add(1); do() }
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				if left.Add(-1) > 0 {
					b.Stream.Wake()
				}
				return t, err
			}
		}},
		{"wake forgotten", "wakes-stopped", func(b *broken) { b.wake = func(func()) {} }},
		{"wake moves the position", "wake", func(b *broken) {
			var shift atomic.Uint64
			b.wake = func(do func()) { shift.Add(1); do() }
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				t.Position += shift.Load()
				return t, err
			}
		}},
		{"wakes the next one too", "wake", func(b *broken) {
			var woken atomic.Bool
			b.wake = func(do func()) { woken.Store(true); do() }
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				if woken.Swap(false) {
					b.Stream.Wake()
				}
				return t, err
			}
		}},
		{"handed over as stopped", "stays", func(b *broken) {
			b.hand = func() (backend.Handed, error) {
				h, err := backend.HandOver(b.Stream)
				h.Running = false
				return h, err
			}
		}},
		{"does not stay", "stays", func(b *broken) {
			b.hand = func() (backend.Handed, error) {
				h, err := backend.HandOver(b.Stream)
				return h, errors.Join(err, b.Stream.Stop(), b.Stream.Start())
			}
		}},
		{"handed over after Close", "stays", func(b *broken) {
			b.hand = func() (backend.Handed, error) {
				h, err := backend.HandOver(b.Stream)
				if errors.Is(err, audio.ErrClosed) {
					err = nil
				}
				h.Kind, h.Running = "kept", true
				return h, err
			}
		}},
		{"close fails under wakes", "wake-late", func(b *broken) {
			b.close = func(do func() error) error { return errors.Join(do(), audio.ErrIO) }
		}},
		{"too long a block is cut", "transfer", func(b *broken) {
			readable := 0
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				readable = t.Readable
				return t, err
			}
			b.read = func(do func([]byte) (int, error), block []byte) (int, error) {
				return do(block[:min(len(block), readable*4)])
			}
		}},
		{"parts of frames are cut", "transfer", func(b *broken) {
			b.write = func(do func([]byte) (int, error), block []byte) (int, error) {
				return do(block[:len(block)/4*4])
			}
		}},
		{"read writes beyond the block", "transfer", func(b *broken) {
			b.read = func(do func([]byte) (int, error), block []byte) (int, error) {
				n, err := do(block)
				if err == nil && cap(block) > len(block) {
					block[:cap(block)][cap(block)-1] = 0
				}
				return n, err
			}
		}},
		{"write changes the block", "transfer", func(b *broken) {
			b.write = func(do func([]byte) (int, error), block []byte) (int, error) {
				n, err := do(block)
				if err == nil {
					clear(block)
				}
				return n, err
			}
		}},
		{"grants no period", "pacer", func(b *broken) {
			b.pace = func(do func(int) int, frames int) int { do(frames); return min(frames, 64) }
		}},
		{"grants another period than it keeps", "pacer", func(b *broken) {
			b.pace = func(do func(int) int, frames int) int { return do(frames) + 1 }
		}},
		{"period not kept", "pacer", func(b *broken) {
			granted := 64
			b.pace = func(_ func(int) int, frames int) int { granted = min(max(frames, 1), 64); return granted }
			b.granted = func(c backend.Config) backend.Config { c.Period = granted; return c }
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				if granted == 21 {
					t.Position++
				}
				return t, err
			}
		}},
		{"wait allocates", "allocations", func(b *broken) {
			var kept *backend.Tick
			b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
				t, err := do()
				kept = &t
				return *kept, err
			}
		}},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			err := run(t, f.check, func(wish backend.Config) (backend.Stream, error) {
				s, err := openAuto(wish)
				b := &broken{Stream: s}
				f.put(b)
				return b, err
			}, time.Second)
			if errors.Is(err, errSkip) {
				t.Skip(err)
			}
			if err == nil {
				t.Errorf("check %q finds nothing wrong", f.check)
			}
			t.Log(err)
		})
	}
}

// ticks is a fault of the nth tick since open.
func ticks(change func(n int, t *backend.Tick)) func(*broken) {
	return func(b *broken) {
		n := 0
		b.wait = func(do func() (backend.Tick, error)) (backend.Tick, error) {
			t, err := do()
			n++
			change(n, &t)
			return t, err
		}
	}
}

// run runs one check and frees the streams that it got stuck in.
func run(t *testing.T, name string, open Opener, patience time.Duration) error {
	t.Helper()
	var mu sync.Mutex
	var streams []*broken
	keep := func(wish backend.Config) (backend.Stream, error) {
		mu.Lock()
		defer mu.Unlock()
		s, err := open(wish)
		if b, ok := s.(*broken); ok {
			streams = append(streams, b)
		}
		return s, err
	}
	wish := backend.Config{Play: true, Record: true, Format: audio.DefaultFormat(), Period: 64, Periods: 3}
	if name == "life" {
		wish.Record = false
	}
	for _, c := range checks() {
		if c.name == name {
			err := attempt(c, keep, wish, patience)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				for _, s := range streams {
					s.Stream.(auto).Fail(audio.ErrGone)
				}
			}
			return err
		}
	}
	t.Fatalf("no check is called %q", name)
	return nil
}

// TestSuiteSparesTheSound: the same harness finds nothing wrong with a sound stream.
func TestSuiteSparesTheSound(t *testing.T) {
	for _, c := range checks() {
		err := run(t, c.name, func(wish backend.Config) (backend.Stream, error) {
			s, err := openAuto(wish)
			return &broken{Stream: s}, err
		}, time.Minute)
		if err != nil && !errors.Is(err, errSkip) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
