package alsatest_test

import (
	"context"
	"errors"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// agentEnd is an end that an agent holds, as looptest.End. What ALSA has no call for,
// counters and states, comes from the daemon.
type agentEnd struct {
	*agent
	bay  *loop.Patchbay
	loop string
	role pcm.Role
	dir  audio.Direction

	format         audio.Format
	period, buffer int    // frames
	moved          uint64 // frames written, or read and dropped, on this ring
	dropped        uint64 // of the daemon's count, those that moved knows of
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// status is the daemon's view of the loop.
func (e *agentEnd) status() loop.Status {
	for _, s := range e.bay.Status() {
		if s.Name == e.loop {
			return s
		}
	}
	return loop.Status{}
}

// end is the daemon's view of this end; zero where the daemon has no such end.
func (e *agentEnd) end() loop.EndStatus {
	s := e.status()
	for _, end := range append(s.Clients, s.Server) {
		if end.Holder.PID == e.cmd.Process.Pid {
			return end
		}
	}
	return loop.EndStatus{}
}

// progress is how far the program and the daemon are.
func (e *agentEnd) progress() (program, daemon uint64) {
	end := e.end()
	if e.dir == pcm.Read {
		e.moved += end.XrunFrames - min(end.XrunFrames, e.dropped)
		e.dropped = end.XrunFrames
	}
	return e.moved, end.Moved
}

func (e *agentEnd) Role() pcm.Role             { return e.role }
func (e *agentEnd) Direction() audio.Direction { return e.dir }
func (e *agentEnd) Format() audio.Format       { return e.format }
func (e *agentEnd) Buffer() int                { return e.buffer }

func (e *agentEnd) State() ring.State {
	if end := e.end(); end.Open {
		return end.State
	}
	return ring.Ended
}

func (e *agentEnd) Position() uint64 {
	program, _ := e.progress()
	return program
}

func (e *agentEnd) Delay() int {
	program, daemon := e.progress()
	if e.dir == pcm.Read {
		return int(daemon - min(daemon, program))
	}
	return int(program - min(daemon, program))
}

func (e *agentEnd) Avail() int {
	if e.dir == pcm.Read {
		return e.Delay()
	}
	return e.buffer - e.Delay()
}

func (e *agentEnd) Xruns() (bursts uint32, frames uint64) {
	end := e.end()
	return uint32(end.Xruns), end.XrunFrames
}

func (e *agentEnd) SetNonblock(on bool) {
	_, _ = e.ask(context.Background(), opNonblock, nil, flag(on))
}

func (e *agentEnd) Read(ctx context.Context, buf []byte) (int, error) {
	got, err := e.ask(ctx, opRead, nil, len(buf)/e.format.FrameBytes())
	if err != nil {
		return 0, err
	}
	e.moved += uint64(got.result)
	return copy(buf, got.frames) / e.format.FrameBytes(), nil
}

func (e *agentEnd) Write(ctx context.Context, buf []byte) (int, error) {
	got, err := e.ask(ctx, opWrite, buf, len(buf)/e.format.FrameBytes())
	if errors.Is(err, audio.ErrTimedOut) { // a start that was taken back drops what was to be heard
		e.moved = e.end().Moved
	}
	if err != nil {
		return 0, err
	}
	e.moved += uint64(got.result)
	return got.result, nil
}

func (e *agentEnd) Poll(frames int) (pcm.Events, error) {
	return e.poll(context.Background(), opPoll, frames)
}

func (e *agentEnd) Wait(ctx context.Context, frames int) (pcm.Events, error) {
	return e.poll(ctx, opWait, frames)
}

// poll says what poll(2) does; that the stream is over is no event of ALSA's.
func (e *agentEnd) poll(ctx context.Context, op, frames int) (events pcm.Events, err error) {
	const pollIn, pollOut = 1, 4
	got, err := e.ask(ctx, op, nil, frames)
	if err != nil {
		return 0, err
	}
	if got.result&pollIn != 0 {
		events |= pcm.Readable
	}
	if got.result&pollOut != 0 {
		events |= pcm.Writable
	}
	if events != 0 && e.State() == ring.Ended {
		events |= pcm.Hangup
	}
	return events, nil
}

func (e *agentEnd) Setup(ctx context.Context, s pcm.Setup) error {
	f := s.Format.Or(e.format)
	if s.Period == 0 {
		s.Period = e.period * f.Rate / e.format.Rate
	}
	if s.Buffer == 0 {
		s.Buffer = e.buffer * f.Rate / e.format.Rate
	}
	return e.params(ctx, f, s.Period, s.Buffer)
}

func (e *agentEnd) Pause(ctx context.Context, on bool) error {
	_, err := e.ask(ctx, opPause, nil, flag(on))
	return err
}

func (e *agentEnd) Halt(ctx context.Context) error {
	_, err := e.ask(ctx, opHalt, nil)
	if err == nil { // what was buffered is gone
		e.moved, e.dropped = e.end().Moved, e.end().XrunFrames
	}
	return err
}

func (e *agentEnd) Drain(ctx context.Context) error {
	if e.dir == pcm.Read { // there it means something else to ALSA
		return audio.ErrInvalid
	}
	_, err := e.ask(ctx, opDrain, nil)
	return err
}

// Close drains first, as a program must that wants to be heard to the end: to ALSA a
// close without it drops.
func (e *agentEnd) Close(ctx context.Context) error {
	_, err := e.ask(ctx, opClose, nil, flag(e.dir == pcm.Write))
	e.leave()
	switch {
	case e.role == pcm.Server && errors.Is(err, audio.ErrReset):
		return nil // a server that closes waits for nobody
	case errors.Is(err, audio.ErrGone): // the drain's word for it
		return audio.ErrReset.With("%v", err)
	}
	return err
}

func (e *agentEnd) Abandon() { e.leave() }

// forgotten returns when the daemon has noticed that the program is gone.
func (e *agentEnd) forgotten() {
	for began := time.Now(); e.end().Open && time.Since(began) < giveUp; time.Sleep(time.Millisecond) {
	}
}

// alsaFormat is ALSA's number of an encoding.
func alsaFormat(e audio.Encoding) int {
	numbers := map[audio.Encoding]int{
		audio.S8: 0, audio.U8: 1, audio.S16LE: 2, audio.S16BE: 3, audio.S24LE: 6, audio.S24BE: 7, audio.S32LE: 10, audio.S32BE: 11,
		audio.FloatLE: 14, audio.FloatBE: 15, audio.Float64LE: 16, audio.Float64BE: 17, audio.MuLaw: 20, audio.ALaw: 21,
		audio.S24LE3: 32, audio.S24BE3: 33,
	}
	if n, known := numbers[e]; known {
		return n
	}
	return 63 // a number that no format has
}
