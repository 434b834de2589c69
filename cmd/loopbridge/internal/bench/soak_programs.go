package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// running is a program that runs.
type running struct {
	*child
	spec   programSpec
	killed atomic.Bool
	judged chan struct{} // closed when its result is in the report
}

// mostPrograms is how many run at the same time.
const mostPrograms = 16

// run starts a program.
func (s *soak) run(spec programSpec) error {
	s.mu.Lock()
	full := len(s.programs) >= mostPrograms
	s.mu.Unlock()
	if full {
		return nil
	}
	order, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	c, err := startChild(s.Exe, childFiles{stdout: w}, "bench", "program")
	w.Close()
	if err != nil {
		r.Close()
		return err
	}
	p := &running{child: c, spec: spec, judged: make(chan struct{})}
	s.mu.Lock()
	s.programs[p] = true
	s.report.Programs++
	s.mu.Unlock()
	_, _ = p.stdin.Write(append(order, '\n'))
	go func() {
		text, _ := io.ReadAll(r)
		r.Close()
		<-p.left
		if err := p.judge(text); err != nil {
			s.failed(fmt.Sprintf("a program on %s, %s %s, manner %q", spec.Loop, spec.Role, pcm.Verb(spec.Direction), spec.Manner), err)
		}
		s.mu.Lock()
		delete(s.programs, p)
		s.mu.Unlock()
		close(p.judged)
	}()
	return nil
}

// judge returns what a program should not have met.
func (p *running) judge(text []byte) error {
	var result programResult
	switch err := json.Unmarshal(text, &result); {
	case p.killed.Load(), p.spec.Manner == "vanish" && p.err == nil:
		return nil
	case err != nil:
		return p.failure("it")
	case result.Errno != 0 && !slices.Contains(usual(), syscall.Errno(result.Errno)):
		return errors.New(result.Error)
	}
	return nil
}

// usual are the errors that programs get from each other, and from operators who remove and halt what they use. No daemon,
// a wrong protocol, or a daemon without memory are not among them.
func usual() (all []syscall.Errno) {
	for _, e := range []*audio.Error{
		audio.ErrNoServer, audio.ErrBusy, audio.ErrAccess, audio.ErrReset, audio.ErrInterrupted, audio.ErrTimedOut, audio.ErrGone,
		audio.ErrNoDevice, audio.ErrInvalid, audio.ErrClosed,
	} {
		all = append(all, e.Errno())
	}
	return all
}

// pick returns one of the programs that run; nil: there is none.
func (s *soak) pick() *running {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.programs) == 0 {
		return nil
	}
	all := make([]*running, 0, len(s.programs))
	for p := range s.programs {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *running) int { return a.pid() - b.pid() })
	return all[s.rand.IntN(len(all))]
}

// signal sends a signal, unless the process has ended.
func (p *running) signal(sig os.Signal) {
	select {
	case <-p.left:
	default:
		_ = p.Process.Signal(sig)
	}
}

// endPrograms ends all programs. One that does not leave has a failure.
func (s *soak) endPrograms() {
	s.mu.Lock()
	var all []*running
	for p := range s.programs {
		all = append(all, p)
	}
	s.mu.Unlock()
	for _, p := range all {
		p.signal(syscall.SIGCONT)
		_ = p.stdin.Close()
	}
	late := time.After(soakPatience + 2*leaveTime)
	for _, p := range all {
		select {
		case <-p.judged:
			continue
		case <-late:
		}
		s.failed("the end", fmt.Errorf("a program on %s hangs: manner %q, role %s", p.spec.Loop, p.spec.Manner, p.spec.Role))
		p.killed.Store(true)
		p.signal(syscall.SIGKILL)
		<-p.judged
	}
}
