package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// team is a client process as the bench sees it.
type team struct {
	*child
	spec   workerSpec
	events chan workerEvent
}

// startTeam starts a process for some ends. If it fails, fail receives the reason.
func startTeam(fail context.CancelCauseFunc, exe string, shared *os.File, spec workerSpec) (*team, error) {
	order, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c, err := startChild(exe, childFiles{stdout: w, files: []*os.File{shared}}, "bench", "worker")
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	t := &team{child: c, spec: spec, events: make(chan workerEvent, 3)}
	go t.listen(r, fail)
	_, _ = t.stdin.Write(append(order, '\n')) // listen reports a failure
	return t, nil
}

// listen passes on what the process reports.
func (t *team) listen(r *os.File, fail context.CancelCauseFunc) {
	defer r.Close()
	for in := json.NewDecoder(r); ; {
		var e workerEvent
		switch err := in.Decode(&e); {
		case err != nil:
			<-t.left
			fail(t.failure("a client process"))
			return
		case e.Error != "":
			fail(errors.New(e.Error))
			return
		}
		t.events <- e
		if e.Event == eventDone {
			return
		}
	}
}

// teams are all client processes of a direction.
type teams []*team

// startTeams distributes the pairs of spec over processes with at most each ends.
func startTeams(fail context.CancelCauseFunc, exe string, shared *os.File, spec workerSpec, d audio.Direction,
	each int) (all teams, err error) {
	spec.Direction = d
	role := pcm.Client
	if d == pcm.Read {
		role = pcm.Server
	}
	for first := 0; first < spec.Pairs; first += each {
		spec.Ends = nil
		for pair := first; pair < min(first+each, spec.Pairs); pair++ {
			spec.Ends = append(spec.Ends, endSpec{Loop: loopName(pair), Pair: pair, Role: role})
		}
		t, err := startTeam(fail, exe, shared, spec)
		if err != nil {
			all.end()
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// stageTimeout limits opening, the first frame and the end.
const stageTimeout = time.Minute

// expect waits until every process has reported event.
func (all teams) expect(ctx context.Context, event string) ([]workerEvent, error) {
	late := time.NewTimer(stageTimeout)
	defer late.Stop()
	var events []workerEvent
	for _, t := range all {
		select {
		case e := <-t.events:
			if e.Event != event {
				return nil, fmt.Errorf("a client process says %q instead of %q", e.Event, event)
			}
			events = append(events, e)
		case <-late.C:
			return nil, fmt.Errorf("not all clients were %q after %s: this machine is too slow for so many pairs", event,
				stageTimeout)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return events, nil
}

// stop tells writers to stop.
func (all teams) stop() {
	for _, t := range all {
		_, _ = t.stdin.Write([]byte("stop\n"))
	}
}

// end stops the processes.
func (all teams) end() {
	for _, t := range all {
		_ = t.stdin.Close()
	}
	for _, t := range all {
		t.child.end(endGrace)
	}
}

// cpu returns the CPU time of the processes.
func (all teams) cpu() (sum time.Duration, err error) {
	for _, t := range all {
		used, err := cpuTime(t.pid())
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}
