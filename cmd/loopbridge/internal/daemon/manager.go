package daemon

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/systemd"
	"github.com/loopbridge/loopbridge/loop"
)

const (
	// startEach is how often the service manager is asked for more time to start, and startMore for how much.
	startEach = 10 * time.Second
	startMore = 30 * time.Second

	// statusPause combines changes of the status line that follow each other. While programs are connected,
	// it is also looked at every statusEach, as xruns are not all events.
	statusPause = 500 * time.Millisecond
	statusEach  = 10 * time.Second
)

// extendStart keeps the service manager from giving up while devices open, until it is stopped.
func extendStart() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		each := time.NewTicker(startEach)
		defer each.Stop()
		for {
			select {
			case <-each.C:
				systemd.Extend(startMore)
				systemd.Status("opens its devices, which takes long")
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); wait.Wait() }
}

// report tells the service manager how the daemon is, until it is stopped. Nothing runs unless the manager
// wants to know, and while nothing changes only the watchdog wakes up.
func (d *Daemon) report(socket string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	if systemd.Notifies() {
		wait.Go(func() { followStatus(ctx, d.bay, systemd.Status) })
	}
	limit, err := systemd.Watchdog()
	if err != nil {
		d.log.Warn().Err(err).Msg("the watchdog is not fed")
	}
	if every := limit / 2; every > 0 {
		w := watchdog{log: d.log, every: every, subjects: watchedBy(d.bay, socket), feed: systemd.Alive}
		wait.Go(func() { w.run(ctx) })
	}
	return func() { cancel(); wait.Wait() }
}

// followStatus tells the status line whenever it is another one, until ctx ends.
func followStatus(ctx context.Context, bay *loop.Patchbay, tell func(string)) {
	told := ""
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		_, changed := bay.Revision() // first, so that nothing is missed
		text, busy := statusLine(bay)
		if text != told {
			tell(text)
			told = text
		}
		timer.Stop()
		if busy {
			timer.Reset(statusEach)
		}
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Reset(statusPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// statusLine counts the loops, the programs at their ends, and the xruns of these and of the devices. busy:
// there are programs.
func statusLine(bay *loop.Patchbay) (text string, busy bool) {
	var programs int
	var xruns uint64
	count := func(e *loop.EndStatus) {
		if e.Open {
			programs++
			xruns += e.Xruns
		}
	}
	all := bay.Status()
	for i := range all {
		if all[i].Attached == 0 {
			count(&all[i].Server)
		}
		for n := range all[i].Clients {
			count(&all[i].Clients[n])
		}
	}
	for _, e := range bay.Devices() {
		bursts, _ := e.Xruns()
		xruns += bursts
	}
	return strings.Join([]string{
		console.Count(len(all), "loop"), console.Count(programs, "program"), console.Count(int(xruns), "xrun"),
	}, ", "), programs > 0
}
