package alarm

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// processes are the commands that run. The zero value is ready.
type processes struct {
	mu  sync.Mutex
	all []process
}

// process is a command that runs.
type process struct {
	alarm string
	test  bool
	pid   int // also of its group
	run   string
	until time.Duration // on the board's clock: then it is killed
}

func (p *processes) add(one process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, one)
}

func (p *processes) remove(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = slices.DeleteFunc(p.all, func(o process) bool { return o.pid == pid })
}

// of returns those of an alarm, and whether its courier waits for one of them.
func (p *processes) of(alarm string, now time.Duration) (all []Running, waits bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.all {
		if o.alarm == alarm {
			all = append(all, Running{PID: o.pid, Left: o.until - now, Run: o.run})
			waits = waits || !o.test
		}
	}
	return all, waits
}

// killGroup kills a process and all that it has started, but for what has left its group.
func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// adopt looks after a command that a process before has started, and whose parent this one is now. If it is not, nothing
// is killed: the number may be that of any process.
func (b *Board) adopt(alarm string, r Running) {
	p, err := os.FindProcess(r.PID)
	if err != nil || r.PID <= 1 {
		return
	}
	b.processes.add(process{alarm: alarm, test: true, pid: r.PID, run: r.Run, until: b.options.Clock() + r.Left})
	b.wait.Go(func() {
		defer b.processes.remove(r.PID)
		ended := make(chan error, 1)
		go func() {
			state, err := p.Wait()
			if err == nil && !state.Success() {
				err = fmt.Errorf("%s: %v", r.Run, state)
			}
			ended <- err
		}()
		timer := time.NewTimer(r.Left)
		defer timer.Stop()
		select {
		case err = <-ended:
		case <-timer.C:
			_ = killGroup(r.PID)
			<-ended
			err = fmt.Errorf("%s did not end in its time and was killed", r.Run)
		case <-b.ctx.Done():
			_ = killGroup(r.PID)
			<-ended
			return
		}
		if err != nil && b.options.Failed != nil {
			b.options.Failed(alarm, actionCommand, err)
		}
	})
}
