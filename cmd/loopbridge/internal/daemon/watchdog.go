package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
)

// watchdog feeds the watchdog of the service manager for as long as everything that must never hang answers:
// each engine comes between two cycles, or rests; the loops can be looked at; the operators' socket replies.
type watchdog struct {
	log      zerolog.Logger
	every    time.Duration // between two rounds
	subjects func() []watched
	feed     func()
}

// watched is something that must answer. ask blocks until it has.
type watched struct {
	name string
	ask  func()
}

// watchedBy returns what answers in a daemon.
func watchedBy(bay *loop.Patchbay, socket string) func() []watched {
	return func() []watched {
		all := []watched{
			{"the loops", func() { bay.Status() }},
			{"the control socket", func() { reply(socket) }},
		}
		for _, e := range bay.Devices() {
			all = append(all, watched{"the engine of device " + e.Name(), e.Ping})
		}
		return all
	}
}

// reply blocks until the daemon has replied to an operator. A refusal is a reply; and without a descriptor
// to ask with, nothing can be said against the daemon.
func reply(socket string) {
	for {
		operators := control.New(socket) // on a connection of its own, as the daemon must also accept it
		_, err := operators.Devices(context.Background())
		operators.Close()
		if !errors.Is(err, audio.ErrTimedOut) {
			return
		}
	}
}

// run feeds until ctx ends. It does not wait for who does not answer.
func (w *watchdog) run(ctx context.Context) {
	round := time.NewTicker(w.every)
	defer round.Stop()
	answers := make(chan string)
	asked, silent := map[string]bool{}, map[string]bool{} // by name: no answer yet, and none within a round
	for {
		w.ask(ctx, asked, answers)
		for waiting := true; waiting; {
			select {
			case name := <-answers:
				delete(asked, name)
				if silent[name] {
					delete(silent, name)
					w.log.Warn().Str("subject", name).Msg("answers again")
				}
				if len(asked) == 0 {
					w.feed()
				}
			case <-round.C:
				waiting = false
			case <-ctx.Done():
				return
			}
		}
		for name := range asked {
			if !silent[name] {
				silent[name] = true
				w.log.Error().Str("subject", name).Stringer("since", w.every).
					Msg("does not answer: the watchdog is not fed until it does")
			}
		}
	}
}

// ask asks all who do not owe an answer, and forgets who is no longer there.
func (w *watchdog) ask(ctx context.Context, asked map[string]bool, answers chan<- string) {
	there := map[string]bool{}
	for _, s := range w.subjects() {
		there[s.name] = true
		if asked[s.name] {
			continue
		}
		asked[s.name] = true
		go func() {
			s.ask()
			select {
			case answers <- s.name:
			case <-ctx.Done():
			}
		}()
	}
	for name := range asked {
		if !there[name] {
			delete(asked, name)
		}
	}
}
