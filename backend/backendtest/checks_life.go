package backendtest

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// checkGranted: Granted is valid, equals the wish where it must, and is constant.
func checkGranted(p *probe) error {
	if err := p.open(); err != nil {
		return err
	}
	g := p.granted
	switch {
	case g.Play != p.wish.Play || g.Record != p.wish.Record:
		return fmt.Errorf("wished play %v, record %v; granted play %v, record %v",
			p.wish.Play, p.wish.Record, g.Play, g.Record)
	case g.Period < 1 || g.Periods < 2:
		return fmt.Errorf("granted %d periods of %d frames", g.Periods, g.Period)
	}
	steps := []struct {
		name string
		run  func() error
	}{
		{"Start", p.restart},
		{"some ticks", func() error { return p.cycles(3) }},
		{"Stop", p.s.Stop},
		{"Close", p.s.Close},
	}
	for _, step := range steps {
		if err := step.run(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if now := p.s.Granted(); now != g {
			return fmt.Errorf("granted changed with %s from %+v to %+v", step.name, g, now)
		}
	}
	return nil
}

type op string

const (
	opStart op = "Start"
	opStop  op = "Stop"
	opWait  op = "Wake, Wait"
	opClose op = "Close"
)

// checkLife: every order of up to three calls, and some longer ones, returns the error that the
// state demands, and so do reads and writes in between.
func checkLife(p *probe) error {
	ops := []op{opStart, opStop, opWait, opClose}
	lives := [][]op{
		{opStart, opStop, opStart, opStop, opClose},
		{opStart, opWait, opStop, opStop, opWait, opStart, opWait, opClose, opStart},
	}
	for _, a := range ops {
		for _, b := range ops {
			for _, c := range ops {
				lives = append(lives, []op{a, b, c})
			}
		}
	}
	for _, life := range lives {
		if err := p.live(life); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) live(life []op) error {
	if err := p.open(); err != nil {
		return err
	}
	running, closed := false, false
	for i, o := range life {
		want := error(nil)
		switch {
		case closed && o != opClose:
			want = audio.ErrClosed
		case running && o == opStart:
			want = audio.ErrInvalid
		}
		if err := expect(string(o), p.do(o), want); err != nil {
			return fmt.Errorf("%w, after %s", err, past(life[:i]))
		}
		switch o {
		case opStart:
			running = !closed
		case opStop:
			running = false
		case opClose:
			running, closed = false, true
		}
		_, readErr := p.s.Read(nil)
		_, writeErr := p.s.Write(nil)
		err := errors.Join(
			expect("Read", readErr, transferError(p.granted.Record, running, closed)),
			expect("Write", writeErr, transferError(p.granted.Play, running, closed)))
		if err != nil {
			return fmt.Errorf("%w, after %s", err, past(life[:i+1]))
		}
	}
	return nil
}

func (p *probe) do(o op) error {
	switch o {
	case opStart:
		return p.s.Start()
	case opStop:
		return p.s.Stop()
	case opClose:
		return p.s.Close()
	}
	p.s.Wake()
	_, err := p.s.Wait()
	return err
}

func transferError(opened, running, closed bool) error {
	switch {
	case closed:
		return audio.ErrClosed
	case !opened:
		return audio.ErrUnsupported
	case !running:
		return audio.ErrInvalid
	}
	return nil
}

func expect(what string, got, want error) error {
	switch {
	case want == nil && got != nil:
		return fmt.Errorf("%s failed: %w", what, got)
	case !errors.Is(got, want):
		return fmt.Errorf("%s returned %v; it must return %q", what, got, want)
	}
	return nil
}

func past(life []op) string {
	if len(life) == 0 {
		return "open"
	}
	names := make([]string, len(life))
	for i, o := range life {
		names[i] = string(o)
	}
	return "open, " + strings.Join(names, ", ")
}

// checkClosed: a running stream closes, twice without error, and then every call returns audio.ErrClosed.
func checkClosed(p *probe) error {
	if err := p.start(); err != nil {
		return err
	}
	if err := p.cycles(2); err != nil {
		return err
	}
	_, wait := error(nil), error(nil)
	err := errors.Join(expect("Close", p.s.Close(), nil), expect("the second Close", p.s.Close(), nil))
	p.s.Wake()
	_, wait = p.s.Wait()
	_, read := p.s.Read(p.block[:0])
	_, write := p.s.Write(p.block[:0])
	return errors.Join(err,
		expect("Start after Close", p.s.Start(), audio.ErrClosed),
		expect("Wait after Close", wait, audio.ErrClosed),
		expect("Read after Close", read, audio.ErrClosed),
		expect("Write after Close", write, audio.ErrClosed),
		expect("Stop after Close", p.s.Stop(), audio.ErrClosed),
		expect("the third Close", p.s.Close(), nil))
}

// checkRestart: a stream that is started again begins at position 0. A stall of the machine may
// make the first tick late, so there are several tries.
func checkRestart(p *probe) error {
	if err := p.start(); err != nil {
		return err
	}
	for range 5 {
		if err := p.cycles(8); err != nil {
			return err
		}
		last := p.tick
		if err := p.s.Stop(); err != nil {
			return fmt.Errorf("stop: %w", err)
		}
		if err := p.restart(); err != nil {
			return err
		}
		if err := p.cycle(byTime); err != nil {
			return fmt.Errorf("after a restart: %w", err)
		}
		if p.tick.Position <= last.Position {
			return nil
		}
	}
	return fmt.Errorf("started again, the first tick is at %d: the position does not begin at 0", p.tick.Position)
}

// checkDescriptors: closed streams leave no open file behind.
func checkDescriptors(p *probe) error {
	const rounds = 10
	before, err := openFiles()
	if err != nil {
		return fmt.Errorf("%w: %w", errSkip, err)
	}
	for range rounds {
		if err := p.start(); err != nil {
			return err
		}
		if err := p.s.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	after, err := openFiles()
	if err == nil && after-before >= rounds {
		err = fmt.Errorf("%d open and close leave %d open files", rounds, after-before)
	}
	return err
}

func openFiles() (int, error) {
	files, err := os.ReadDir("/proc/self/fd")
	return len(files), err
}

// checkStays: a stream that is described for another process goes on in this one.
func checkStays(p *probe) error {
	if err := p.start(); err != nil {
		return err
	}
	if err := p.cycles(2); err != nil {
		return err
	}
	for range 3 {
		h, err := backend.HandOver(p.s)
		switch {
		case errors.Is(err, audio.ErrUnsupported):
		case err != nil:
			return fmt.Errorf("HandOver: %w", err)
		case !h.Running || h.Readable < 0 || h.Writable < 0 || h.Kind == "":
			return fmt.Errorf("a running stream is handed over as %+v", h)
		}
		if err := p.cycles(3); err != nil {
			return fmt.Errorf("after HandOver: %w", err)
		}
	}
	if err := p.s.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	if _, err := backend.HandOver(p.s); !errors.Is(err, audio.ErrClosed) && !errors.Is(err, audio.ErrUnsupported) {
		return fmt.Errorf("HandOver after Close returned %v", err)
	}
	return nil
}
