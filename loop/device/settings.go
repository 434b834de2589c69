package device

import (
	"errors"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Settings is what SETINFO sets, of a device or of an end of a loop, under the lock of its
// owner.
type Settings struct {
	Info  state.Info // counters and flags are the owner's, who adds them when it looks
	Rules state.Rules
}

// Set is SETINFO (D18): all of the patch, or nothing and state.Problems or the error of commit.
// look returns the state now. commit brings the next one about, and returns what blocks until
// it is in effect, with the counters of that moment in the reply. Both are called under mu,
// and Set waits without it.
func (s *Settings) Set(mu sync.Locker, p state.Patch, look func() state.Info, commit func(next *state.Info, reply *state.Reply) (wait func(), err error)) (state.Reply, error) {
	mu.Lock()
	before := look()
	next := before
	reply, err := next.Apply(p, s.Rules)
	wait := func() {}
	if err == nil {
		wait, err = commit(&next, &reply)
	}
	mu.Unlock()
	wait()
	if err != nil {
		return state.Reply{}, err
	}
	reply.Compare(&before, p)
	return reply, nil
}

// Restore sets what Save of an Info has kept (D25), as Set does. What is damaged or impossible
// now is left as it is, and listed in the error.
func (s *Settings) Restore(mu sync.Locker, saved state.Saved, look func() state.Info, commit func(next *state.Info) (wait func(), err error)) error {
	mu.Lock()
	next := look()
	damaged := next.Restore(saved, s.Rules)
	wait, err := commit(&next)
	mu.Unlock()
	wait()
	return errors.Join(damaged, err)
}

// Waiting leaves the flag waiting in next as it is now, unless the patch has raised it: then it
// lasts until the side is closed (E40).
func (s *Settings) Waiting(next *state.Info, p state.Patch) {
	for _, d := range audio.Directions() {
		waiting := &next.Side(d).Waiting
		raised, _ := p.Get(state.PlayWaiting.On(d))
		*waiting = raised != 0 && *waiting || s.Info.Side(d).Waiting
	}
}
