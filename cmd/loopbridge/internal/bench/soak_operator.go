package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// unless returns err, unless it is one of those that are to be expected.
func unless(err error, usual ...error) error {
	for _, u := range usual {
		if errors.Is(err, u) {
			return nil
		}
	}
	return err
}

// set sets a field of a device, of an end or of a route.
func (s *soak) set(ctx context.Context) error {
	name := s.some(s.place(), s.some("reset", "keep", "quiet", "many", "slow")+"/server", "card", "route/talk", "route/listen")
	field := s.some("play.gain", "record.gain", "play.balance", "play.error", "record.samples", "output_muted")
	value := s.rand.IntN(256)
	switch field {
	case "play.balance":
		value %= 65
	case "play.error", "record.samples":
		value = 0
	case "output_muted":
		value %= 2
	}
	return s.setField(ctx, name, field, value)
}

func (s *soak) setField(ctx context.Context, name, field string, value int) error {
	patch, err := state.ParsePatch(fmt.Sprintf("%s=%d", field, value))
	if err != nil {
		return err
	}
	// A device that only plays or records, and a route, have not all fields.
	_, err = s.operator.Set(ctx, name, patch)
	return unless(err, audio.ErrInvalid, audio.ErrBusy)
}

// pauses pauses an end for a while.
func (s *soak) pauses(ctx context.Context) error {
	name, field := s.some(s.place(), "reset/server", "quiet/server", "route/talk", "route/listen"), s.some("play.pause", "record.pause")
	err := s.setField(ctx, name, field, 1)
	s.after(s.between(100*time.Millisecond, 2*time.Second), "resume", func() error {
		return unless(s.setField(ctx, name, field, 0), audio.ErrNoDevice)
	})
	return err
}

// after does something later, or when the round ends.
func (s *soak) after(d time.Duration, name string, do func() error) {
	s.later.Go(func() {
		rest(s.playing, d)
		if err := do(); err != nil {
			s.failed(name, err)
		}
	})
}

func (s *soak) halts(ctx context.Context) error { return s.operator.Halt(ctx, s.place()) }

// drains waits until a loop is empty, but not for ever: a server may not read.
func (s *soak) drains(context.Context) error {
	name := s.place()
	s.after(0, "drain", func() error {
		ctx, cancel := context.WithTimeout(s.playing, 3*time.Second)
		defer cancel()
		err := s.operator.Drain(ctx, name)
		if ctx.Err() != nil {
			return nil
		}
		// An upgrade ends the request.
		return unless(err, audio.ErrBusy, audio.ErrNoDevice, audio.ErrReset)
	})
	return nil
}

// look asks for everything.
func (s *soak) look(ctx context.Context) error {
	c, name := s.operator, s.place()
	_, err := c.Loops(ctx)
	_, routes := c.Routes(ctx)
	_, devices := c.Devices(ctx)
	_, info := c.State(ctx, name)
	_, levels := c.Levels(ctx, "card")
	_, diff := c.Diff(ctx, s.config.path, []byte("[[loop]]\nname = \"other\"\n"))
	return errors.Join(err, routes, devices, info, unless(levels, audio.ErrReset), diff)
}

// events listens for a while, until an upgrade at most.
func (s *soak) events(context.Context) error {
	listen, cancel := context.WithTimeout(s.playing, s.between(500*time.Millisecond, 5*time.Second))
	s.after(0, "events", func() error {
		defer cancel()
		return unless(s.operator.Events(listen, func(api.Event) {}), context.DeadlineExceeded, context.Canceled, audio.ErrReset, audio.ErrInterrupted)
	})
	return nil
}

// mostAdded is how many loops, and how many routes, operators have added at the same time.
const mostAdded = 6

func (s *soak) addLoop(ctx context.Context) error {
	if len(s.added) == mostAdded {
		return nil
	}
	name := fmt.Sprintf("added%d", s.rand.IntN(1000))
	text := fmt.Sprintf(`{"name": %q, "on_client_close": %q, "clients": %q, "rate": %s}`, name, s.some("reset", "hold", "silence"),
		s.some("exclusive", "shared"), s.some("8000", "48000", "48000", "96000"))
	if slices.Contains(s.added, name) {
		return unless(s.operator.AddLoop(ctx, []byte(text)), audio.ErrBusy)
	}
	err := s.operator.AddLoop(ctx, []byte(text))
	if err == nil {
		s.added = append(s.added, name)
	}
	return err
}

func (s *soak) removeLoop(ctx context.Context) error {
	if len(s.added) == 0 {
		return nil
	}
	i := s.rand.IntN(len(s.added))
	name := s.added[i]
	s.added = slices.Delete(s.added, i, i+1)
	return s.operator.RemoveLoop(ctx, name)
}

// addRoute adds a route, which may be one that cannot be: a cycle, say.
func (s *soak) addRoute(ctx context.Context) error {
	if len(s.patched) == mostAdded {
		return nil
	}
	name := fmt.Sprintf("patch%d", s.rand.IntN(1000))
	from := s.some("mic", "card/heard", s.place()+"/heard", s.place()+"/mix", s.place())
	p := patch{name, from, s.some("speaker", s.place())}
	_, err := s.operator.AddRoute(ctx, fmt.Appendf(nil, `{"name": %q, "from": %q, "to": %q, "gain": %d}`, p.name, p.from, p.to, s.rand.IntN(256)))
	if err == nil {
		s.patched = append(s.patched, p)
	}
	return unless(err, audio.ErrInvalid, audio.ErrBusy, audio.ErrNoDevice)
}

// removeRoute removes a route, which a reload may have removed already.
func (s *soak) removeRoute(ctx context.Context) error {
	if len(s.patched) == 0 {
		return nil
	}
	return s.unpatch(ctx, s.rand.IntN(len(s.patched)))
}

// patch is a route that an operator has added.
type patch struct{ name, from, to string }

func (s *soak) unpatch(ctx context.Context, i int) error {
	name := s.patched[i].name
	s.patched = slices.Delete(s.patched, i, i+1)
	return unless(s.operator.RemoveRoute(ctx, name), audio.ErrNoDevice)
}
