package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
)

// Soak wears a daemon: programs come, go, crash and stall, operators change everything, the daemon is reloaded, upgraded
// and stopped, all at once. Meanwhile numbered frames go through loops that nobody disturbs.
//
//	Soak ─ starts ─▶ daemon: "serve", with a small disk for its state
//	 ├──── starts ─▶ teams of "bench worker": the ends that are watched
//	 ├──── starts ─▶ "bench program", again and again
//	 └──── is ─────▶ the operator
//
//	round: warm-up ─▶ measure ─▶ round: the duration ─▶ measure, compare
type Soak struct {
	Exe      string // loopbridge
	Duration time.Duration
	Seed     uint64   // of what happens when; times depend on the machine
	Only     []string // the actions to choose from; nil: all

	Progress io.Writer // may be nil
}

// Validate returns a sentence about settings that cannot work.
func (b *Soak) Validate() error {
	if b.Duration < time.Second || b.Duration > 1000*time.Hour {
		return errors.New("a duration is 1s to 1000h")
	}
	var names []string
	for _, a := range actions() {
		names = append(names, a.name)
	}
	for _, name := range b.Only {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no action %q; use %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// stall is how long the daemon is stopped at most. The buffers of ends that are watched hold much more, so that a
// machine that stalls does no harm, either.
func (b *Soak) stall() time.Duration { return min(2*time.Second, b.Duration/8) }

// buffer is how long the buffers of ends that are watched are.
func (b *Soak) buffer() time.Duration { return 2*b.stall() + min(2*time.Second, b.Duration/4) }

// warmUp is how long the daemon is used before it is measured for the first time.
func (b *Soak) warmUp() time.Duration { return min(2*time.Minute, b.Duration/4) }

// soak is a run of Soak.
type soak struct {
	*Soak
	rand     *rand.Rand // of the goroutine that acts
	daemon   *daemon
	operator *control.Client
	config   soakConfig
	disk     disk
	good     string // path of the daemon's program
	log      logWatch

	added        []string // loops of operators
	patched      []patch  // and routes
	handovers    uint64
	lastUpgrade  time.Time // of a round: none later, so that the memory that is used in the end has had time to grow
	stoppedUntil time.Time
	playing      context.Context // of a round, until its programs are ended

	last     []begun
	later    sync.WaitGroup // what began and ends by itself, or with playing
	mu       sync.Mutex
	programs map[*running]bool
	report   SoakReport
	away     []float64 // ms, of each upgrade
}

// Run returns the report, also if what is watched ended early.
func (b *Soak) Run(ctx context.Context) (*SoakReport, error) {
	ctx, fail := context.WithCancelCause(client.WithPatience(ctx, soakPatience))
	defer fail(nil)
	s := &soak{Soak: b, rand: rand.New(rand.NewPCG(b.Seed, 0)), programs: map[*running]bool{}}
	s.report = SoakReport{Seed: b.Seed, Failures: []string{}, Actions: map[string]int{}}
	if err := s.start(ctx, fail); err != nil {
		return nil, err
	}
	defer s.daemon.close()
	begun := time.Now()
	err := s.rounds(ctx, fail)
	s.say("")
	if outer := context.Cause(ctx); err != nil && errors.Is(outer, context.Canceled) {
		return nil, err // interrupted
	}
	if err != nil {
		s.failed("the run", err)
	}
	s.report.Duration = time.Since(begun).Seconds()
	s.finish()
	return &s.report, nil
}

// rounds warms up, measures, acts and measures again.
func (s *soak) rounds(ctx context.Context, fail context.CancelCauseFunc) error {
	if err := s.round(ctx, fail, s.warmUp()); err != nil {
		return err
	}
	before, err := s.settled(ctx, nil)
	if err != nil {
		return err
	}
	if err := s.round(ctx, fail, s.Duration); err != nil {
		return err
	}
	after, err := s.settled(ctx, before)
	if err != nil {
		return err
	}
	s.report.Leaks = compareUsage(before, after)
	return nil
}

// round lets things happen for a while, and returns when all programs have gone and all is as at first.
func (s *soak) round(ctx context.Context, fail context.CancelCauseFunc, length time.Duration) error {
	s.lastUpgrade = time.Now().Add(length * 3 / 4)
	if err := s.upgrade(ctx); err != nil { // so that all rounds begin in the same way
		return fmt.Errorf("upgrade: %w", err)
	}
	w, err := s.watch(ctx, fail)
	if err != nil {
		return err
	}
	defer w.end()
	var stop func()
	s.playing, stop = context.WithCancel(ctx)
	defer stop()
	if err := s.act(ctx, w, time.Now().Add(length)); err != nil {
		return err
	}
	s.say("ending the programs")
	stop()
	s.endPrograms()
	s.later.Wait()
	if err := s.tidy(ctx); err != nil {
		return err
	}
	return w.finish(ctx, s)
}

// act does one thing after another.
func (s *soak) act(ctx context.Context, w *watched, end time.Time) error {
	var deck []action
	var said time.Time
	for time.Now().Before(end) {
		if len(deck) == 0 {
			deck = s.shuffled()
		}
		next := deck[0]
		deck = deck[1:]
		s.begins(next.name)
		if err := next.do(s, ctx); err != nil && ctx.Err() == nil {
			s.failed(next.name, err)
		}
		pause := time.Duration(s.rand.Int64N(int64(2 * meanPause)))
		select {
		case <-time.After(min(pause, time.Until(end))):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if time.Since(said) > time.Second {
			said = time.Now()
			s.tell(w, time.Until(end))
		}
	}
	return nil
}

// meanPause is the mean time between two actions.
const meanPause = 100 * time.Millisecond

// begins counts an action, and remembers when it began.
func (s *soak) begins(action string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Actions[action]++
	s.last = append(s.last, begun{action, time.Now()})
	s.last = s.last[max(0, len(s.last)-lastActions):]
}

// begun is an action that began.
type begun struct {
	action string
	at     time.Time
}

// lastActions is how many actions are told with a failure.
const lastActions = 6

// mostFailures is how many failures are told in words.
const mostFailures = 50

// failed notes what should not have happened. Any goroutine may call it.
func (s *soak) failed(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Failed++
	if len(s.report.Failures) < mostFailures {
		text := fmt.Sprintf("%s: %v; before it", what, err)
		for _, b := range s.last {
			text += fmt.Sprintf(" %s %.0f ms", b.action, time.Since(b.at).Seconds()*1000)
		}
		s.report.Failures = append(s.report.Failures, text)
	}
}

// shuffled returns every action as often as its weight, in any order.
func (s *soak) shuffled() (deck []action) {
	for _, a := range actions() {
		if s.Only != nil && !slices.Contains(s.Only, a.name) {
			continue
		}
		for range a.weight {
			deck = append(deck, a)
		}
	}
	s.rand.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}

// tell shows how it goes.
func (s *soak) tell(w *watched, left time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var done int
	for _, n := range s.report.Actions {
		done += n
	}
	r := &s.report
	s.say("%s left: %d actions, %d programs, %d upgrades, %d reloads; %d frames not as expected, %d failures",
		left.Round(time.Second), done, len(s.programs), r.Upgrades, r.Reloads, r.Lost+r.Doubled+r.Corrupt+w.faults(), r.Failed)
}

// say prints progress in a line that the next one replaces.
func (b *Soak) say(format string, args ...any) {
	if b.Progress != nil {
		fmt.Fprintf(b.Progress, "\r\x1b[K"+format, args...)
	}
}

// loops returns the names of the daemon's loops.
func namesOf(loops []api.Loop) map[string]bool {
	names := map[string]bool{}
	for i := range loops {
		names[loops[i].Name] = true
	}
	return names
}
