package bench

import (
	"context"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// flow is a way of numbered frames: from an end that writes to one that reads.
type flow struct {
	writer, reader string // loops
	server         bool   // the writer is the server of its loop
	client         bool   // the reader is a client
	wide, endless  bool   // as in endSpec
	route          string // "": none
}

// flows are what is watched. The frames of a later flow without a writer are those of the first.
func flows() []flow {
	return []flow{
		{writer: "plain", reader: "plain"},
		{writer: "hold", reader: "hold", endless: true},
		{writer: "back", reader: "back", server: true, client: true},
		{writer: "crowd", reader: "crowd", server: true, client: true},
		{writer: "wide", reader: "wide", wide: true},
		{writer: "from", reader: "to", server: true, endless: true, route: "cross"},
		{reader: "tapped", endless: true, route: "tap"},
	}
}

// watched are the processes that write and check numbered frames.
type watched struct {
	stamps                      *stamps
	shared                      *os.File
	listeners, readers, writers teams
	readFlows, listenFlows      []flow
	before                      map[string]uint64 // what was late
}

// watch returns when frames move through all that is watched.
func (s *soak) watch(ctx context.Context, fail context.CancelCauseFunc) (w *watched, err error) {
	s.say("starting what is watched")
	all := flows()
	spec := workerSpec{
		Socket: s.daemon.socket, Pairs: len(all), Slots: 64,
		Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}, Period: 480,
	}
	spec.Buffer = int(spec.Format.Frames(s.buffer()))
	w = &watched{}
	if w.before, err = s.late(ctx); err != nil {
		return nil, err
	}
	if w.stamps, w.shared, err = newStamps(len(all), spec.Slots); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.end()
		}
	}()
	listen, read, write := spec, spec, spec
	listen.Direction, read.Direction, write.Direction = pcm.Read, pcm.Read, pcm.Write
	for i, f := range all {
		reader := endSpec{Loop: f.reader, Pair: i, Role: pcm.Server, Wide: f.wide, Endless: f.endless}
		if f.client {
			reader.Role = pcm.Client
		}
		if f.writer == "" {
			reader.Pair = 0
			listen.Ends, w.listenFlows = append(listen.Ends, reader), append(w.listenFlows, f)
			continue
		}
		writer := endSpec{Loop: f.writer, Pair: i, Role: pcm.Client}
		if f.server {
			writer.Role = pcm.Server
		}
		if f.route != "" {
			writer.Fades = 50
		}
		read.Ends, w.readFlows = append(read.Ends, reader), append(w.readFlows, f)
		write.Ends = append(write.Ends, writer)
	}
	// What listens is there before the first frame.
	if err = w.add(&w.listeners, s, fail, listen); err == nil {
		_, err = w.listeners.expect(ctx, eventOpen)
	}
	if err == nil {
		err = s.connected(ctx, w.listenFlows)
	}
	if err == nil {
		err = w.add(&w.readers, s, fail, read)
	}
	if err == nil {
		err = w.add(&w.writers, s, fail, write)
	}
	for _, event := range []string{eventOpen, eventRunning} {
		for _, t := range []teams{w.readers, w.writers} {
			if err == nil {
				_, err = t.expect(ctx, event)
			}
		}
	}
	if err == nil {
		_, err = w.listeners.expect(ctx, eventRunning)
	}
	return w, err
}

func (w *watched) add(to *teams, s *soak, fail context.CancelCauseFunc, spec workerSpec) error {
	t, err := startTeam(fail, s.Exe, w.shared, spec)
	if err == nil {
		*to = append(*to, t)
	}
	return err
}

// connected waits until the routes of flows hold both of their ends.
func (s *soak) connected(ctx context.Context, all []flow) error {
	for _, f := range all {
		for {
			r, err := s.operator.Route(ctx, f.route)
			if err != nil {
				return err
			}
			if r.State != "waiting" {
				break
			}
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// faults returns how many frames were not as expected, so far.
func (w *watched) faults() (sum uint64) {
	for i := range flows() {
		sum += w.stamps.pair(i).faults.Load()
	}
	return sum
}

// finish ends the writing, and adds what came of it.
func (w *watched) finish(ctx context.Context, s *soak) error {
	w.writers.stop()
	wrote, err := w.writers.expect(ctx, eventDone)
	if err != nil {
		return err
	}
	w.readers.stop()
	w.listeners.stop()
	read, err := w.readers.expect(ctx, eventDone)
	if err != nil {
		return err
	}
	heard, err := w.listeners.expect(ctx, eventDone)
	if err != nil {
		return err
	}
	late, err := s.late(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Flows = len(w.readFlows) + len(w.listenFlows)
	for i, f := range w.readFlows {
		s.report.addFlow(f, read[0].Ends[i], wrote[0].Ends[i], late[f.reader]-w.before[f.reader])
	}
	for i, f := range w.listenFlows {
		s.report.addFlow(f, heard[0].Ends[i], endResult{}, late[f.reader]-w.before[f.reader])
	}
	return nil
}

// end stops the processes.
func (w *watched) end() {
	for _, t := range []teams{w.writers, w.readers, w.listeners} {
		t.end()
	}
	w.stamps.close()
	w.shared.Close()
}

// late returns how many frames the clocks of loops have left out, and routes have replaced by silence, by the reader's loop.
// It counts since the daemon began.
func (s *soak) late(ctx context.Context) (map[string]uint64, error) {
	sum := map[string]uint64{}
	for _, f := range flows() {
		l, err := s.operator.Loop(ctx, f.reader)
		if err != nil {
			return nil, err
		}
		sum[f.reader] = l.Skipped
		if f.route == "" {
			continue
		}
		r, err := s.operator.Route(ctx, f.route)
		if err != nil {
			return nil, err
		}
		sum[f.reader] += r.Missing
	}
	return sum, nil
}
