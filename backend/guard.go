package backend

import (
	"github.com/loopbridge/loopbridge/audio"
)

// Guard wraps a driver with the checks of the contract, so that the driver holds device code only.
// Every opener returns its stream guarded; guarding twice returns the same guard.
//
//	call after Close                          audio.ErrClosed
//	call in the wrong state                   audio.ErrInvalid
//	Read or Write of a direction not opened   audio.ErrUnsupported
//	a block of parts of frames, or longer
//	than what is left of the last tick        audio.ErrInvalid
//
// An error of the driver's Wait, Read or Write is final: all calls but Stop and Close return it from then
// on. The driver never sees what the guard refuses, and the guard allocates only where it refuses.
func Guard(s Stream) Stream {
	if g, ok := s.(*guard); ok {
		return g
	}
	return newGuard(s)
}

func newGuard(s Stream) *guard {
	granted := s.Granted()
	return &guard{
		inner:      s,
		frameBytes: granted.Format.FrameBytes(),
		play:       granted.Play,
		record:     granted.Record,
	}
}

type guardState uint8

const (
	guardStopped guardState = iota
	guardRunning
	guardClosed
)

// guard belongs to the engine's goroutine; Granted and Wake touch none of the fields that change.
type guard struct {
	inner        Stream
	frameBytes   int
	play, record bool

	state              guardState
	failed             error // of the driver, final
	readable, writable int   // left of the last tick
}

// Unwrap makes the driver's abilities reachable; see As.
func (g *guard) Unwrap() Stream { return g.inner }

func (g *guard) Granted() Config { return g.inner.Granted() }

func (g *guard) Wake() { g.inner.Wake() }

func (g *guard) Start() error {
	if err := g.usable(); err != nil {
		return err
	}
	if g.state == guardRunning {
		return audio.ErrInvalid.With("start: the stream already runs")
	}
	if err := g.inner.Start(); err != nil {
		return err
	}
	g.state = guardRunning
	g.readable, g.writable = 0, 0
	return nil
}

func (g *guard) Wait() (Tick, error) {
	if err := g.usable(); err != nil {
		return Tick{}, err
	}
	t, err := g.inner.Wait()
	if err != nil {
		g.failed = err
		t = Tick{}
	}
	g.readable, g.writable = t.Readable, t.Writable
	return t, err
}

func (g *guard) Read(block []byte) (int, error) {
	if err := g.transfer("read", g.record, len(block), g.readable); err != nil {
		return 0, err
	}
	n, err := g.inner.Read(block)
	g.readable -= n
	g.failed = err
	return n, err
}

func (g *guard) Write(block []byte) (int, error) {
	if err := g.transfer("write", g.play, len(block), g.writable); err != nil {
		return 0, err
	}
	n, err := g.inner.Write(block)
	g.writable -= n
	g.failed = err
	return n, err
}

func (g *guard) Stop() error {
	switch g.state {
	case guardClosed:
		return audio.ErrClosed
	case guardStopped:
		return nil
	}
	g.state = guardStopped
	g.readable, g.writable = 0, 0
	return g.inner.Stop()
}

func (g *guard) Close() error {
	if g.state == guardClosed {
		return nil
	}
	g.state = guardClosed
	return g.inner.Close()
}

// usable returns why the stream cannot be used, or nil.
func (g *guard) usable() error {
	if g.state == guardClosed {
		return audio.ErrClosed
	}
	return g.failed
}

// transfer checks a Read or Write of a number of bytes, of which max frames may be moved.
func (g *guard) transfer(verb string, opened bool, bytes, max int) error {
	if err := g.usable(); err != nil {
		return err
	}
	switch {
	case !opened:
		return audio.ErrUnsupported.With("%s: the stream was not opened for it", verb)
	case g.state != guardRunning:
		return audio.ErrInvalid.With("%s: the stream is stopped", verb)
	case bytes%g.frameBytes != 0:
		return audio.ErrInvalid.With("%s: %d bytes are not whole frames of %d bytes", verb, bytes, g.frameBytes)
	case bytes/g.frameBytes > max:
		return audio.ErrInvalid.With("%s: %d frames, but the tick has only %d left", verb, bytes/g.frameBytes, max)
	}
	return nil
}
