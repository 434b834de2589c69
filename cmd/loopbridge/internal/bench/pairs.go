// Package bench measures what a daemon can do on this machine. Daemon and clients are separate
// processes, as in normal use.
//
//	Pairs ─ starts ─▶ daemon: "serve"
//	  └──── starts ─▶ teams of "bench worker" ── stamps, in shared memory ──▶ latencies
package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Pairs carries numbered frames over many loops at once and checks every frame. Up to PerProcess
// ends of a kind share a process, so there are at least two: one with servers, which read, and
// one with clients, which write.
type Pairs struct {
	Exe        string // loopbridge
	Count      int
	Duration   time.Duration
	Period     time.Duration
	Buffer     int // periods
	Format     audio.Format
	PerProcess int // ends
	Sets       int // each second, during the run
	Upgrades   int // of the daemon, during the run, which lasts as long as they do

	Progress io.Writer // may be nil
}

// frames returns the length of a period in frames.
func (b *Pairs) frames() int { return max(1, int(b.Format.Frames(b.Period))) }

// Run starts a daemon and its clients, measures while all pairs carry frames, and stops them,
// also when ctx ends.
func (b *Pairs) Run(ctx context.Context) (*PairsReport, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	b.say("starting %s", console.Count(b.Count, "pair"))
	defer b.say("")
	d, err := startDaemon(ctx, fail, b.Exe, b.Count, b.Period)
	if err != nil {
		return nil, err
	}
	defer d.close()
	idle, err := memoryOf(d.pid())
	if err != nil {
		return nil, err
	}

	spec := workerSpec{
		Socket: d.socket, Pairs: b.Count, Format: b.Format, Period: b.frames(), Buffer: b.Buffer * b.frames(),
		Slots: 2*b.Buffer + 16,
	}
	stamps, shared, err := newStamps(b.Count, spec.Slots)
	if err != nil {
		return nil, err
	}
	defer stamps.close()
	defer shared.Close()
	readers, writers, err := b.start(ctx, fail, shared, spec)
	defer readers.end()
	defer writers.end()
	if err != nil {
		return nil, err
	}

	clients := slices.Concat(readers, writers)
	r := &pairsResult{Pairs: b, processes: len(clients), idle: idle}
	if err := b.measure(ctx, r, d, clients, stamps); err != nil {
		return nil, err
	}
	writers.stop()
	wrote, err := writers.expect(ctx, eventDone)
	if err != nil {
		return nil, err
	}
	read, err := readers.expect(ctx, eventDone)
	if err != nil {
		return nil, err
	}
	if r.whole, err = countersOf(ctx, d.socket); err != nil {
		return nil, err
	}
	r.sum(read, wrote)
	return r.report(), nil
}

// start returns when frames move between all clients. The caller must stop the clients it
// returns, also after an error.
func (b *Pairs) start(ctx context.Context, fail context.CancelCauseFunc, shared *os.File, spec workerSpec) (
	readers, writers teams, err error) {
	if readers, err = startTeams(fail, b.Exe, shared, spec, pcm.Read, b.PerProcess); err == nil {
		_, err = readers.expect(ctx, eventOpen)
	}
	if err != nil {
		return readers, nil, err
	}
	if writers, err = startTeams(fail, b.Exe, shared, spec, pcm.Write, b.PerProcess); err == nil {
		_, err = writers.expect(ctx, eventOpen)
	}
	if err == nil {
		_, err = slices.Concat(readers, writers).expect(ctx, eventRunning)
	}
	return readers, writers, err
}

// counters are the daemon's, over all loops. Those of an end vanish when it is closed.
type counters struct {
	skipped uint64 // frames
	xruns   uint64 // bursts
}

func countersOf(ctx context.Context, socket string) (c counters, err error) {
	loops, err := control.New(socket).Loops(ctx)
	if err != nil {
		return c, cmp.Or(context.Cause(ctx), err)
	}
	for i := range loops {
		l := &loops[i]
		c.skipped += l.Skipped
		server, client := l.Ends()
		c.xruns += server.Xruns + client.Xruns
	}
	return c, nil
}

// measure takes the difference of two moments at which all pairs run.
func (b *Pairs) measure(ctx context.Context, r *pairsResult, d *daemon, clients teams, s *stamps) (failed error) {
	var err error
	if r.starting, err = countersOf(ctx, d.socket); err != nil {
		return err
	}
	before, err := b.sample(d, clients, s)
	if err != nil {
		return err
	}
	if b.Sets > 0 {
		operators := startSetters(ctx, d.socket, b.Sets)
		defer func() {
			if r.sets, err = operators.end(); failed == nil {
				failed = err
			}
		}()
	}
	if b.Upgrades > 0 {
		if r.upgrades, err = b.upgrade(ctx, d); err != nil {
			return err
		}
	}
	end := time.NewTimer(b.Duration)
	defer end.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for start, over := time.Now(), false; !over; {
		select {
		case <-tick.C:
			b.say("%.0f of %.0f s", time.Since(start).Seconds(), b.Duration.Seconds())
		case <-end.C:
			over = true
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	after, err := b.sample(d, clients, s)
	if err != nil {
		return err
	}
	r.used = after.minus(before)
	r.memory, err = memoryOf(d.pid())
	return err
}

// moment holds all counters at one time.
type moment struct {
	time            time.Time
	daemon, clients time.Duration // CPU
	wakeups         uint64        // of the daemon
	written         uint64        // frames
}

func (b *Pairs) sample(d *daemon, clients teams, s *stamps) (at moment, err error) {
	if at, err = d.usage(); err != nil {
		return at, err
	}
	for i := range b.Count {
		at.written += s.pair(i).written.Load()
	}
	at.clients, err = clients.cpu()
	return at, err
}

// usage returns the counters of the daemon.
func (d *daemon) usage() (at moment, err error) {
	at.time = time.Now()
	if at.daemon, err = cpuTime(d.pid()); err != nil {
		return at, err
	}
	at.wakeups, err = wakeups(d.pid())
	return at, err
}

// usage is the difference of two moments.
type usage struct {
	duration, daemon, clients time.Duration
	wakeups, written          uint64
}

func (a moment) minus(b moment) usage {
	return usage{a.time.Sub(b.time), a.daemon - b.daemon, a.clients - b.clients, a.wakeups - b.wakeups,
		a.written - b.written}
}

// say prints progress in a line that the next one replaces.
func (b *Pairs) say(format string, args ...any) {
	if b.Progress != nil {
		fmt.Fprintf(b.Progress, "\r\x1b[K"+format, args...)
	}
}
