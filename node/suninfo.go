package node

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node/sun"
)

// info returns the state: what belongs to the device as the device has it, the rest of the programs at its nodes.
func (d *sunDevice) info() (state.Info, error) {
	engine, err := d.bay.Device(d.name)
	if err != nil {
		return state.Info{}, err
	}
	i := engine.Info()
	i.RefCount = 0
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, dir := range audio.Directions() {
		d.overlayLocked(&i, dir)
	}
	return i, nil
}

func (d *sunDevice) overlayLocked(i *state.Info, dir audio.Direction) {
	now, s := i.Side(dir), d.side(dir)
	if now.BufferBytes == 0 { // the device lacks it
		return
	}
	now.Open, now.Pause, now.Error, now.Active, now.EOF = false, false, false, false, 0
	now.Format, now.Samples = s.format, s.samples
	now.BufferBytes = int(s.format.Frames(pcm.DefaultBuffer)) * s.format.FrameBytes()
	now.Waiting = s.raised || d.waitingLocked(dir)
	if s.file == nil {
		return
	}
	i.RefCount++
	stream := s.file.sides[dir.Index()]
	end := stream.end.Controls().Info()
	its := end.Side(dir)
	now.Open = true
	now.Pause, now.Error, now.Active, now.EOF, now.Samples = its.Pause, its.Error, its.Active, its.EOF, its.Samples
	now.Format, now.BufferBytes = stream.pcm.Format(), stream.pcm.Buffer()*stream.pcm.Format().FrameBytes()
}

// rules returns what a program may set: the one that holds a side also its format and its buffer.
func (d *sunDevice) rules(by *sunFile) (r state.Rules) {
	for dir, side := range map[audio.Direction]*state.SideRules{pcm.Write: &r.Play, pcm.Read: &r.Record} {
		d.mu.Lock()
		f := d.side(dir).format
		mine := by != nil && d.side(dir).file == by
		d.mu.Unlock()
		if mine {
			*side = state.SideRules{Format: state.FormatFree, FragmentFrames: max(1, int(f.Frames(pcm.DefaultPeriod))),
				MaxFrames: int(f.Frames(pcm.MaxBuffer)), DefaultFrames: int(f.Frames(pcm.DefaultBuffer))}
		}
	}
	return r
}

// set is AUDIO_SETINFO: all or nothing. It returns the new state, but for the counters that were set, whose old values it has.
func (d *sunDevice) set(ctx context.Context, by *sunFile, in []byte) (state.Info, error) {
	now, err := d.info()
	if err != nil {
		return now, err
	}
	p, err := sun.Decode(in, &now)
	if err != nil {
		return now, err
	}
	before := now
	if _, err := now.Apply(p, d.rules(by)); err != nil { // nothing but a check
		return before, err
	}
	if err := d.setDevice(p); err != nil {
		return before, err
	}
	old := map[state.Field]uint32{}
	for _, dir := range audio.Directions() {
		if err := d.setSide(ctx, p, dir, &before, &now, old); err != nil {
			return before, err
		}
	}
	d.tell()
	reply, err := d.info()
	for f, v := range old {
		put(&reply, f, v)
	}
	return reply, err
}

// put sets a counter of a reply.
func put(i *state.Info, f state.Field, v uint32) {
	side := i.Side(f.Side())
	switch f.On(audio.Play) {
	case state.PlaySamples:
		side.Samples = v
	case state.PlayEOF:
		side.EOF = v
	case state.PlayError:
		side.Error = v != 0
	}
}

// ofDevice are the fields that the device keeps, open or not.
func ofDevice() []state.Field {
	return []state.Field{state.PlayGain, state.PlayPort, state.PlayBalance, state.PlayGain.On(pcm.Read), state.PlayPort.On(pcm.Read),
		state.PlayBalance.On(pcm.Read), state.MonitorGain, state.OutputMuted}
}

// setDevice sets what belongs to the device.
func (d *sunDevice) setDevice(p state.Patch) error {
	var whole state.Patch
	for _, f := range ofDevice() {
		if v, ok := p.Get(f); ok {
			if err := whole.Set(f, v); err != nil {
				return err
			}
		}
	}
	if whole.Fields() == 0 {
		return nil
	}
	engine, err := d.bay.Device(d.name)
	if err == nil {
		_, err = engine.Set(whole)
	}
	return err
}

// setSide sets what belongs to the program at a side: format and buffer, then pause, eof, error and samples, whose old values go
// to old.
func (d *sunDevice) setSide(ctx context.Context, p state.Patch, dir audio.Direction, before, after *state.Info, old map[state.Field]uint32) error {
	d.mu.Lock()
	s := d.side(dir)
	if v, ok := p.Get(state.PlayWaiting.On(dir)); ok && v != 0 && s.file != nil {
		s.raised = true
	}
	var stream *stream
	if s.file != nil {
		stream = s.file.sides[dir.Index()]
	}
	d.mu.Unlock()
	if stream == nil {
		return nil
	}
	was, now := before.Side(dir), after.Side(dir)
	if now.Format != was.Format || now.BufferBytes != was.BufferBytes {
		if err := d.reform(ctx, stream, now); err != nil {
			return err
		}
	}
	var ends state.Patch
	for _, f := range []state.Field{state.PlaySamples, state.PlayPause, state.PlayEOF, state.PlayError} {
		if v, ok := p.Get(f.On(dir)); ok {
			if err := ends.Set(f.On(dir), v); err != nil {
				return err
			}
		}
	}
	if ends.Fields() == 0 {
		return nil
	}
	reply, err := stream.end.Controls().Set(ends)
	for f := range ends.All() {
		if f.Access()&state.Counts != 0 {
			old[f] = f.Get(&reply.Info)
		}
	}
	return err
}

// reform gives a stream another format and buffer: what was written in the old one is played first.
func (d *sunDevice) reform(ctx context.Context, s *stream, to *state.Side) error {
	if s.pcm.Direction() == pcm.Write && s.pcm.Delay() > 0 {
		if err := s.pcm.Drain(ctx); err != nil {
			return err
		}
	}
	if err := s.halt(ctx); err != nil {
		return err
	}
	err := s.setup(ctx, pcm.Setup{Format: to.Format, Buffer: to.BufferBytes / max(1, to.Format.FrameBytes())})
	if err == nil {
		d.mu.Lock()
		d.side(s.pcm.Direction()).format = s.pcm.Format()
		d.mu.Unlock()
	}
	return err
}

// tell sends the event that makes those at the control nodes look.
func (d *sunDevice) tell() { d.bay.Tell(event.Event{Kind: event.Set, Device: d.name}) }
