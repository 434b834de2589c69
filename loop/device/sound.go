package device

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
)

// Only the engine's goroutine calls what is in this file.

// Start prepares for the start of the stream: it forgets what was played or recorded before.
func (d *Device) Start() {
	d.running = true
	d.sounding[recording].Store(true)
	for _, p := range d.ports {
		p.jump()
	}
	d.tail.reset()
}

// Stop marks both sides inactive and finishes their rides.
func (d *Device) Stop() {
	d.running = false
	for n := range d.active {
		d.active[n].Store(false)
		d.sounding[n].Store(false)
		d.finishRide(&d.rides[n])
	}
	d.finishRide(&d.muteRide)
}

// Needed reports whether the device has to run at a position without any client: it monitors, somebody
// hears what it records, or written sound is still to be played.
func (d *Device) Needed(position uint64, runs bool) bool {
	return d.monitors() || d.meters.heard(audio.Record) || runs && d.tail.sounds(position)
}

func (d *Device) monitors() bool { return d.monitor != nil && !d.monitor.Silent() }

// Paused reports whether a side is paused, and with it its clients.
func (d *Device) Paused(side audio.Direction) bool { return d.paused[side.Index()] }

// Delay returns how many frames are between the bus of a side and the world.
func (d *Device) Delay(side audio.Direction) uint32 { return d.tail.delay[side.Index()].Load() }

// Fail raises the error flag of a side, and reports whether it was down.
func (d *Device) Fail(side audio.Direction) (first bool) {
	return !d.failed[side.Index()].Swap(true)
}

// Record fills In with what the stream recorded in this cycle, after ports and record gain.
func (d *Device) Record(s backend.Stream, readable int) error {
	if d.In == nil {
		return nil
	}
	b := d.In
	b.Begin(readable)
	if b.Frames() == 0 {
		return nil
	}
	if err := d.fetch(s); err != nil {
		return err
	}
	paused := d.paused[recording]
	d.active[recording].Store(!paused)
	if paused || b.Frames() == 0 {
		return nil
	}
	d.count(recording, b.Frames())
	d.advanceRide(recording, d.record, b.Frames())
	b.Apply(d.record)
	d.meters.measure(recording, b)
	return nil
}

// fetch reads the stream.
func (d *Device) fetch(s backend.Stream) error {
	if p := d.ports[recording]; p != nil {
		n, err := s.Read(p.room(d.In.Frames()))
		d.In.Shorten(n)
		p.gather(d.In)
		return err
	}
	n, err := s.Read(d.In.Fill())
	d.In.Shorten(n)
	return err
}

// Begin starts the cycle of Out, with as many frames as the stream takes.
func (d *Device) Begin(writable int) {
	if d.Out != nil {
		d.Out.Begin(writable)
	}
}

// Play writes Out and the monitored input to the stream, after play gain, balance, mute and ports.
// position is that of this cycle.
func (d *Device) Play(s backend.Stream, position, rate uint64) error {
	d.meters.countCycle()
	d.tail.refreshDelay(position, rate)
	if d.Out == nil {
		return nil
	}
	if d.Out.Frames() > 0 { // else the tick was only a wake-up
		d.mix()
	}
	if !d.Out.Silent() {
		d.tail.noteSound(position)
	}
	if now := d.tail.holds(position); d.sounding[playing].Load() != now {
		d.sounding[playing].Store(now)
	}
	if d.Out.Frames() == 0 {
		return nil
	}
	if p := d.ports[playing]; p != nil {
		_, err := s.Write(p.spread(d.Out))
		return err
	}
	_, err := s.Write(d.Out.Bytes())
	return err
}

// mix adds the monitored In to Out, and applies the controls.
func (d *Device) mix() {
	b := d.Out
	d.active[playing].Store(!b.Silent())
	if !d.paused[playing] {
		d.count(playing, b.Frames())
	}
	if d.monitors() && d.In.Frames() > 0 {
		b.Monitor(d.In, d.monitor)
	}
	d.advanceRide(playing, d.play, b.Frames())
	b.Apply(d.play)
	d.meters.measure(playing, b)
}

// count adds frames to what a side has moved.
func (d *Device) count(n, frames int) { d.samples[n].Add(uint64(frames)) }

// counter returns the samples counter of audio(7I) of a side. Any goroutine may call it.
func (d *Device) counter(n int) uint32 {
	since := d.since[n].Load() // first, as it is never ahead of samples
	return uint32(d.samples[n].Load() - since)
}

// setCounter sets the samples counter of a side.
func (d *Device) setCounter(n int, v uint64) { d.since[n].Store(d.samples[n].Load() - v) }

// applyState puts a state into effect, and stores the old counters in the reply.
func (d *Device) applyState(i *state.Info, levels hwLevels, p state.Patch, reply *state.Reply) {
	for n, direction := range audio.Directions() {
		side, was := i.Side(direction), reply.Info.Side(direction)
		if v, ok := p.Get(state.PlaySamples.On(direction)); ok {
			was.Samples = d.counter(n)
			d.setCounter(n, uint64(v))
		}
		if v, ok := p.Get(state.PlayError.On(direction)); ok && side.Open {
			was.Error = d.failed[n].Swap(v != 0)
		}
		d.paused[n] = side.Pause
		d.ports[n].enable(side.Port)
	}
	if d.play != nil {
		d.setLevel(playing, d.play, levels.gain[playing], i)
	}
	if d.record != nil {
		d.setLevel(recording, d.record, levels.gain[recording], i)
	}
	if d.muteRide = levels.muteRide; !d.running {
		d.finishRide(&d.muteRide)
	}
	if d.monitor != nil {
		gain := i.MonitorGain
		if levels.monitor {
			gain = 0
		}
		d.monitor.Set(gain)
	}
}
