package node

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/node/oss"
)

// exchange answers the calls that take a number and give one.
func (f *dspFile) exchange(ctx context.Context, op oss.Op, v int) (int, error) {
	now := f.pcm.Format()
	switch op {
	case oss.Speed:
		return f.format(ctx, audio.Format{Rate: v}, func(a audio.Format) int { return a.Rate })
	case oss.Channels:
		return f.format(ctx, audio.Format{Channels: v}, func(a audio.Format) int { return a.Channels })
	case oss.Stereo:
		if v < 0 || v > 1 {
			return v, audio.ErrInvalid
		}
		return f.format(ctx, audio.Format{Channels: v + 1}, func(a audio.Format) int { return a.Channels - 1 })
	case oss.SetFormat:
		e, known := oss.EncodingOf(v)
		if v == oss.AC3 {
			return v, audio.ErrIO // nothing here carries it unconverted
		}
		if !known { // a query, or what there is not: the present one
			return oss.FormatOf(now.Encoding), nil
		}
		return f.format(ctx, audio.Format{Encoding: e}, func(a audio.Format) int { return oss.FormatOf(a.Encoding) })
	case oss.GetBlockSize:
		return f.fragment() * now.FrameBytes(), nil
	case oss.Subdivide:
		return max(v, 1), nil
	case oss.SetFragment:
		return v, f.fragments(ctx, v>>16&0x7FFF)
	case oss.PlayVolume:
		return f.dsp.volumes().set(audio.Play, v)
	case oss.RecordVolume:
		return f.dsp.volumes().set(audio.Record, v)
	}
	if channel, ok := op.Mixer(); ok {
		return f.dsp.volumes().mixer(channel, v, true)
	}
	return v, audio.ErrInvalid
}

// format sets a field of the format, unless that is 0, and returns the field's value now.
func (f *dspFile) format(ctx context.Context, want audio.Format, field func(audio.Format) int) (int, error) {
	now := f.pcm.Format()
	if want.Or(now).Alike(now) {
		return field(now), nil
	}
	want = want.Or(audio.Format{Rate: now.Rate, Channels: now.Channels, Encoding: now.Encoding})
	if err := f.setup(ctx, pcm.Setup{Format: want}); err != nil {
		return field(now), err
	}
	f.rewind()
	return field(f.pcm.Format()), nil
}

// fragments sets the number of fragments: two to those of ten seconds. Their size is fixed. Once a session runs, and for the
// number that means "as many as there are", it has no effect.
func (f *dspFile) fragments(ctx context.Context, n int) error {
	frames := max(n, 2) * f.fragment()
	if n == 0 || n > int(pcm.MaxBuffer/pcm.DefaultPeriod) || f.pcm.State() != ring.Idle {
		return nil
	}
	if err := f.setup(ctx, pcm.Setup{Buffer: frames}); err != nil {
		return err
	}
	f.rewind()
	return nil
}

// rewind begins to count anew after the ring has changed.
func (f *dspFile) rewind() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.base, f.told, f.xruns = 0, 0, 0
}

// tell answers the calls that take a number.
func (f *dspFile) tell(ctx context.Context, op oss.Op, v int) error {
	switch op {
	case oss.CookedMode, oss.HaltOutput: // conversion is always there; as low water, it is a hint
		return nil
	case oss.Policy:
		if v < 0 || v > 10 {
			return audio.ErrIO
		}
		return nil
	case oss.Trigger:
		return f.trigger(ctx, v)
	}
	return audio.ErrInvalid
}

// trigger pauses the end, or lets it go.
func (f *dspFile) trigger(ctx context.Context, bits int) error {
	on := bits&f.triggerBit() != 0
	f.mu.Lock()
	f.off = !on
	f.mu.Unlock()
	if err := f.pcm.Pause(ctx, !on); err != nil || !on {
		return err
	}
	_, err := f.pollOnce()
	return err
}

// pollOnce starts the end as a first read would.
func (f *dspFile) pollOnce() (pcm.Events, error) {
	f.stream.mu.Lock()
	defer f.stream.mu.Unlock()
	if f.pcm.Direction() == pcm.Write || len(f.queue) > 0 {
		return 0, nil
	}
	return f.pcm.Poll(1)
}

func (f *dspFile) triggerBit() int {
	if f.pcm.Direction() == pcm.Write {
		return oss.TriggerOutput
	}
	return oss.TriggerInput
}

// ask answers the calls that give a number.
func (f *dspFile) ask(op oss.Op) (int, error) {
	now := f.pcm.Format()
	switch op {
	case oss.Speed:
		return now.Rate, nil
	case oss.Channels:
		return now.Channels, nil
	case oss.SetFormat:
		return oss.FormatOf(now.Encoding), nil
	case oss.GetFormats:
		return oss.Formats(), nil
	case oss.GetCaps:
		return f.caps(), nil
	case oss.GetVersion:
		return oss.Version, nil
	case oss.Trigger:
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.off || f.pcm.State() == ring.Idle {
			return 0, nil
		}
		return f.triggerBit(), nil
	case oss.GetDelay:
		if f.pcm.Direction() != pcm.Write {
			return 0, audio.ErrUnsupported
		}
		return (f.pcm.Delay() + f.pcm.DeviceDelay()) * now.FrameBytes(), nil
	case oss.PlayVolume:
		return f.dsp.volumes().get(audio.Play)
	case oss.RecordVolume:
		return f.dsp.volumes().get(audio.Record)
	}
	if channel, ok := op.Mixer(); ok {
		return f.dsp.volumes().mixer(channel, 0, false)
	}
	return 0, audio.ErrInvalid
}

func (f *dspFile) caps() int { return capsOf(f.dsp.role, f.pcm.Direction()) }

// capsOf returns what an end can do; without a direction, either.
func capsOf(role pcm.Role, d audio.Direction) int {
	caps := oss.CapBatch | oss.CapTrigger | oss.CapVirtual | oss.CapFreeRate
	if role == pcm.Server {
		caps |= oss.CapHidden
	}
	if d != pcm.Read {
		caps |= oss.CapOutput
	}
	if d != pcm.Write {
		caps |= oss.CapInput
	}
	return caps
}

// do answers the calls without an argument.
func (f *dspFile) do(ctx context.Context, op oss.Op) error {
	d := f.pcm.Direction()
	switch op {
	case oss.Halt:
		return f.halts(ctx)
	case oss.HaltInput:
		if d == pcm.Write {
			return nil
		}
		return f.halts(ctx)
	case oss.HaltOutput:
		if d == pcm.Read {
			return nil
		}
		return f.halts(ctx)
	case oss.Sync:
		if d == pcm.Read {
			return nil
		}
		return f.pcm.Drain(ctx)
	case oss.Post: // what is written is on its way at once
		return nil
	case oss.Nonblock:
		f.nonblock.Store(true)
		return nil
	case oss.SetDuplex:
		return audio.ErrIO
	}
	return audio.ErrInvalid
}

// halts ends the session, and counts positions from here.
func (f *dspFile) halts(ctx context.Context) error {
	if err := f.halt(ctx); err != nil {
		return err
	}
	at, _ := f.pcm.Cycle()
	_, lost := f.pcm.Xruns()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.base, f.told, f.xruns, f.off = at, 0, lost, false
	return nil
}
