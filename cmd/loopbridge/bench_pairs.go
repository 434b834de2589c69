package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// pairsBench is what a run of bench pairs does.
type pairsBench struct {
	exe        string // loopbridge
	pairs      int
	duration   time.Duration
	period     time.Duration
	buffer     int // periods
	format     audio.Format
	perProcess int // ends
	sets       int // a second, meanwhile

	progress io.Writer // nil: none
}

// frames of a period.
func (b *pairsBench) frames() int { return max(1, int(b.format.Frames(b.period))) }

// run starts a daemon and its clients, measures while all pairs carry frames, and
// ends them all, also when ctx ends.
func (b *pairsBench) run(ctx context.Context) (*pairsResult, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	b.say("starting %s", console.Count(b.pairs, "pair"))
	defer b.say("")
	d, err := startBenchDaemon(ctx, fail, b.exe, b.pairs, b.period)
	if err != nil {
		return nil, err
	}
	defer d.close()
	idle, err := memoryOf(d.pid())
	if err != nil {
		return nil, err
	}

	spec := workerSpec{
		Socket: d.socket, Pairs: b.pairs, Format: b.format, Period: b.frames(), Buffer: b.buffer * b.frames(),
		Slots: 2*b.buffer + 16,
	}
	stamps, shared, err := newStamps(b.pairs, spec.Slots)
	if err != nil {
		return nil, err
	}
	defer stamps.close()
	defer shared.Close()
	readers, err := startTeams(fail, b.exe, shared, spec, pcm.Read, b.perProcess)
	if err != nil {
		return nil, err
	}
	defer readers.end()
	if _, err := readers.expect(ctx, eventOpen); err != nil {
		return nil, err
	}
	writers, err := startTeams(fail, b.exe, shared, spec, pcm.Write, b.perProcess)
	if err != nil {
		return nil, err
	}
	defer writers.end()
	if _, err := writers.expect(ctx, eventOpen); err != nil {
		return nil, err
	}
	clients := slices.Concat(readers, writers)
	if _, err := clients.expect(ctx, eventRunning); err != nil {
		return nil, err
	}

	r := &pairsResult{pairsBench: b, processes: len(clients), idle: idle}
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
	return r, nil
}

// counters are the daemon's, of all loops. Those of an end go when it is closed.
type counters struct {
	skipped uint64 // frames
	xruns   uint64 // bursts
}

func countersOf(ctx context.Context, socket string) (c counters, err error) {
	loops, err := client.List(ctx, socket)
	if err != nil {
		return c, cmp.Or(context.Cause(ctx), err)
	}
	for i := range loops {
		l := &loops[i]
		c.skipped += l.Skipped
		c.xruns += l.Server.Xruns + l.Client.Xruns
	}
	return c, nil
}

// measure takes what was used between two moments at which all pairs run.
func (b *pairsBench) measure(ctx context.Context, r *pairsResult, d *benchDaemon, clients teams, s *stamps) (failed error) {
	var err error
	if r.starting, err = countersOf(ctx, d.socket); err != nil {
		return err
	}
	before, err := b.sample(d, clients, s)
	if err != nil {
		return err
	}
	if b.sets > 0 {
		operators := startSetters(ctx, d.socket, b.sets)
		defer func() {
			if r.sets, err = operators.end(); failed == nil {
				failed = err
			}
		}()
	}
	end := time.NewTimer(b.duration)
	defer end.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for start, over := time.Now(), false; !over; {
		select {
		case <-tick.C:
			b.say("%.0f of %.0f s", time.Since(start).Seconds(), b.duration.Seconds())
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

// benchSample is the state of all counters at one moment.
type benchSample struct {
	time            time.Time
	daemon, clients time.Duration // CPU
	wakeups         uint64        // of the daemon
	written         uint64        // frames
}

func (b *pairsBench) sample(d *benchDaemon, clients teams, s *stamps) (at benchSample, err error) {
	at.time = time.Now()
	if at.daemon, err = cpuTime(d.pid()); err != nil {
		return at, err
	}
	if at.clients, err = clients.cpu(); err != nil {
		return at, err
	}
	for i := range b.pairs {
		at.written += s.pair(i).written.Load()
	}
	at.wakeups, err = wakeups(d.pid())
	return at, err
}

// usage is the difference of two samples.
type usage struct {
	duration, daemon, clients time.Duration
	wakeups, written          uint64
}

func (a benchSample) minus(b benchSample) usage {
	return usage{a.time.Sub(b.time), a.daemon - b.daemon, a.clients - b.clients, a.wakeups - b.wakeups, a.written - b.written}
}

// say shows progress in one line, which the next replaces.
func (b *pairsBench) say(format string, args ...any) {
	if b.progress != nil {
		fmt.Fprintf(b.progress, "\r\x1b[K"+format, args...)
	}
}

// errBenchFailed is what a bench returns that found lost or corrupt frames.
var errBenchFailed = errors.New("frames were corrupt, came twice, or were lost and not counted")
