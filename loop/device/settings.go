package device

import (
	"errors"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Settings is what SETINFO sets on a device or an end of a loop, guarded by the owner's lock.
type Settings struct {
	Info  state.Info // the owner adds counters and flags when it reports
	Rules state.Rules
}

// Set implements SETINFO: it applies the whole patch, or nothing and returns state.Problems or the
// error of commit. look returns the state now; commit brings the next one about, and returns a
// function that blocks until it is in effect and its counters are in the reply. Set calls both
// under mu and waits without it.
func (s *Settings) Set(mu sync.Locker, p state.Patch, look func() state.Info,
	commit func(next *state.Info, reply *state.Reply) (wait func(), err error)) (state.Reply, error) {
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

// Restore sets what Info.Save kept, like Set. It skips values that are damaged or impossible now,
// and lists them in the error.
func (s *Settings) Restore(mu sync.Locker, saved state.Saved, look func() state.Info,
	commit func(next *state.Info) (wait func(), err error)) error {
	mu.Lock()
	next := look()
	damaged := next.Restore(saved, s.Rules)
	wait, err := commit(&next)
	mu.Unlock()
	wait()
	return errors.Join(damaged, err)
}

// Waiting keeps the waiting flags of s in next, unless the patch raised one: that lasts until the
// side closes.
func (s *Settings) Waiting(next *state.Info, p state.Patch) {
	for _, d := range audio.Directions() {
		waiting := &next.Side(d).Waiting
		raised, _ := p.Get(state.PlayWaiting.On(d))
		*waiting = raised != 0 && *waiting || s.Info.Side(d).Waiting
	}
}
