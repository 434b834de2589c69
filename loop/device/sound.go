package device

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
)

// What is here is for the engine's goroutine alone.

// Start is for when the stream starts: what it played or recorded before is over.
func (d *Device) Start() {
	d.going = true
	d.sounding[recording].Store(true)
	for _, p := range d.ports {
		p.jump()
	}
	d.tail.begin()
}

// Stop is for when the stream stops: nothing moves.
func (d *Device) Stop() {
	d.going = false
	for n := range d.active {
		d.active[n].Store(false)
		d.sounding[n].Store(false)
		d.finish(&d.rides[n])
	}
	d.finish(&d.hush)
}

// Needed reports whether the device has to run at a position although nobody plays or records:
// it monitors, or what was written is still to be heard.
func (d *Device) Needed(position uint64, runs bool) bool {
	return d.monitors() || runs && d.tail.sounds(position)
}

func (d *Device) monitors() bool { return d.monitor != nil && !d.monitor.Silent() }

// Paused reports whether a side is paused: clients stand still.
func (d *Device) Paused(side audio.Direction) bool { return d.paused[side.Index()] }

// Delay returns how many frames are between the bus of a side and the world.
func (d *Device) Delay(side audio.Direction) uint32 { return d.tail.delay[side.Index()].Load() }

// Fail raises the error of a side, and reports whether it was not up yet.
func (d *Device) Fail(side audio.Direction) (first bool) {
	return !d.failed[side.Index()].Swap(true)
}

// Record fills In with what the stream has of this cycle, behind ports and record gain.
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
	d.pass(recording, d.record, b.Frames())
	b.Apply(d.record)
	d.meters.measure(recording, b)
	return nil
}

// fetch reads what the stream has.
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

// Begin begins the cycle of Out, of what the stream can take.
func (d *Device) Begin(writable int) {
	if d.Out != nil {
		d.Out.Begin(writable)
	}
}

// Play gives the stream what is on Out, and what is monitored, behind play gain, balance, mute
// and ports, at the position of this cycle.
func (d *Device) Play(s backend.Stream, position, rate uint64) error {
	d.meters.passed()
	d.tail.passed(position, rate)
	if d.Out == nil {
		return nil
	}
	if d.Out.Frames() > 0 { // not woken in between
		d.mix()
	}
	if !d.Out.Silent() {
		d.tail.sound(position)
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

// mix is what the state does to Out, of which In may become a part.
func (d *Device) mix() {
	b := d.Out
	d.active[playing].Store(!b.Silent())
	if !d.paused[playing] {
		d.count(playing, b.Frames())
	}
	if d.monitors() && d.In.Frames() > 0 {
		b.Monitor(d.In, d.monitor)
	}
	d.pass(playing, d.play, b.Frames())
	b.Apply(d.play)
	d.meters.measure(playing, b)
}

// count adds frames to what a side has moved.
func (d *Device) count(n, frames int) {
	d.samples[n] += uint64(frames)
	d.counted[n].Store(uint32(d.samples[n] - d.since[n]))
}

// take puts a set into effect, between two cycles, and says what the counters were.
func (d *Device) take(i *state.Info, rest split, p state.Patch, reply *state.Reply) {
	for n, direction := range audio.Directions() {
		side, was := i.Side(direction), reply.Info.Side(direction)
		if v, ok := p.Get(state.PlaySamples.On(direction)); ok {
			was.Samples = d.counted[n].Load()
			d.since[n] = d.samples[n] - uint64(v)
			d.counted[n].Store(v)
		}
		if v, ok := p.Get(state.PlayError.On(direction)); ok && side.Open {
			was.Error = d.failed[n].Swap(v != 0)
		}
		d.paused[n] = side.Pause
		d.ports[n].use(side.Port)
	}
	if d.play != nil {
		d.use(playing, d.play, rest.gain[playing], &i.Play, i.OutputMuted)
	}
	if d.record != nil {
		d.use(recording, d.record, rest.gain[recording], &i.Record, false)
	}
	if d.hush = rest.hush; !d.going {
		d.finish(&d.hush)
	}
	if d.monitor != nil {
		gain := i.MonitorGain
		if rest.monitor {
			gain = 0
		}
		d.monitor.Set(gain)
	}
}
