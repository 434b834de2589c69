package loop

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/mixer"
)

// desk is the audio(7I) state of a device, and what it does to the sound:
//
//	record ports ─▶ record gain ─┬─▶ readers
//	                             └─ monitor_gain ─▶ ┐
//	writers ────────────────────────────────────▶ sum ─▶ play gain, balance, mute ─▶ play ports
//
// A person who sets something waits for the next cycle; the engine waits for nobody.
type desk struct {
	mu         sync.Mutex // of info; the engine does not take it
	info       audio.Info // counters and flags are the engine's, see look
	rules      audio.Rules
	controller backend.Controller // nil: no hardware
	tail       tail
	split      split  // what the hardware does of info
	found      bool   // the hardware was found muted, and nobody has said anything about that
	opened     [2]int // clients on each side
	queued     [2]int // clients that wait for their turn

	// The engine's.
	play, record   *mixer.Fader
	ports          [2]*ports      // nil: they are state only
	monitor        *mixer.Monitor // nil: the device does not have both sides
	meters         *meters
	paused         [2]bool
	samples, since [2]uint64 // frames so far, and when they were last set to 0
	going          bool      // the device runs
	settings       [2]mixer.Setting
	rides          [2]*ride // on the way to them; nil: there
	hush           *ride

	// Written by the engine.
	counted [2]atomic.Uint32 // samples of audio(7I)
	failed  [2]atomic.Bool   // error of audio(7I): sticky
	active  [2]atomic.Bool

	sounding [2]atomic.Bool // something may be heard, or be recorded
	kicks    chan struct{}  // has the hardware move
}

// The sides of a desk.
const (
	playing = iota
	recording
)

// directions is what audio(7I) calls them.
func directions() [2]audio.Direction {
	return [...]audio.Direction{playing: audio.Play, recording: audio.Record}
}

// direction is what audio(7I) calls it; not for Detached.
func (s Side) direction() audio.Direction { return directions()[s.index()] }

// index is the side of the desk; not for Detached.
func (s Side) index() int {
	if s == RecordSide {
		return recording
	}
	return playing
}

// newDesk is at unity everywhere, and monitors nothing (D19, D20).
func newDesk(c backend.Config, p DevicePorts) *desk {
	frames := c.Period * c.Periods
	play, record := p.Play.format(c.Format), p.Record.format(c.Format)
	d := &desk{meters: newMeters(play.Channels, record.Channels), kicks: make(chan struct{}, 1)}
	side := audio.SideRules{FragmentFrames: c.Period, DefaultFrames: frames}
	d.rules = audio.Rules{Play: side, Record: side}
	var hw audio.HWFeatures
	if c.Play {
		hw |= audio.HWPlay
		d.play = mixer.NewFader(play.Channels, mixer.Neutral())
	}
	if c.Record {
		hw |= audio.HWRecord
		d.record = mixer.NewFader(record.Channels, mixer.Neutral())
	}
	if c.Play && c.Record {
		hw |= audio.HWDuplex | audio.HWIn2Out
		d.monitor = mixer.NewMonitor(audio.DefaultMatrix(record.Channels, play.Channels).Mixer(), frames)
	}
	d.info = audio.NewInfo(c.Format, hw, d.rules)
	d.info.SW = audio.SWMixer
	for n, has := range [...]bool{playing: c.Play, recording: c.Record} {
		if has {
			direction := directions()[n]
			m := p.side(direction)
			d.ports[n] = newPorts(m, direction, c.Format, frames)
			d.info.SetFormat(direction, m.format(c.Format), d.rules)
			s := d.info.Side(direction)
			s.AvailPorts, s.ModPorts, s.Port = m.Ports(direction), m.Ports(direction), m.first(direction)
		}
	}
	return d
}

// Info is the state of the device now. From any goroutine but the engine's.
func (e *Engine) Info() audio.Info {
	e.desk.mu.Lock()
	defer e.desk.mu.Unlock()
	return e.desk.look()
}

// look is info with what the engine knows. The caller holds mu.
func (d *desk) look() audio.Info {
	i := d.info
	for n, direction := range directions() {
		s := i.Side(direction)
		s.Samples = d.counted[n].Load()
		s.Error = d.failed[n].Load() && s.Open
		s.Active = d.active[n].Load() && s.Open
		s.Waiting = s.Waiting || d.queued[n] > 0
		s.Delay = int(d.tail.delay[n].Load())
	}
	i.RefCount = d.opened[playing] + d.opened[recording]
	return i
}

// Set implements Subject.
func (e *Engine) Set(p audio.Patch) (audio.Reply, error) {
	reply, err := e.apply(p)
	if err == nil {
		e.tell(event.Event{Kind: event.Set, Changes: reply.Changes})
	}
	return reply, err
}

// apply is Set, of which nobody is told.
func (e *Engine) apply(p audio.Patch) (audio.Reply, error) {
	d := e.desk
	d.mu.Lock()
	before := d.look()
	next := before
	p = d.opens(p)
	reply, err := next.Apply(p, d.rules)
	if err != nil {
		d.mu.Unlock()
		return audio.Reply{}, err
	}
	if err := d.choose(&d.info, &next, p); err != nil {
		d.mu.Unlock()
		return audio.Reply{}, err
	}
	rest, err := d.divide(&d.info, &next, p) // after the ports: it monitors the inputs that are chosen
	if err != nil {                          // the hardware, too, is as before
		_ = d.choose(&next, &d.info, audio.Patch{})
		was, _ := d.divide(&next, &d.info, p)
		change := d.share(e, was)
		d.mu.Unlock()
		e.await(change)
		return audio.Reply{}, err
	}
	d.keep(next, p)
	d.split = rest
	change := e.post(func() { d.take(&next, rest, p, &reply) })
	d.mu.Unlock()
	e.await(change)
	reply.Compare(&before, p)
	return reply, nil
}

// keep is the state from now on; that somebody waits is kept only if it was set by hand,
// until the side is closed (E40). The caller holds mu.
func (d *desk) keep(next audio.Info, p audio.Patch) {
	for _, direction := range directions() {
		waiting := &next.Side(direction).Waiting
		raised, _ := p.Get(audio.PlayWaiting.On(direction))
		*waiting = raised != 0 && *waiting || d.info.Side(direction).Waiting
	}
	d.info = next
}

// Restore implements Subject.
func (e *Engine) Restore(saved audio.Saved) error {
	d := e.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	next := d.look()
	err := next.Restore(saved, d.rules)
	if failed := d.choose(&d.info, &next, audio.Patch{}); failed != nil {
		err = errors.Join(err, failed)
		next.Play.Port, next.Record.Port = d.info.Play.Port, d.info.Record.Port
	}
	rest, failed := d.divide(nil, &next, audio.Patch{})
	err = errors.Join(err, failed)
	d.keep(next, audio.Patch{})
	d.split = rest
	e.do(func() { d.take(&next, rest, audio.Patch{}, &audio.Reply{}) })
	return err
}

// take puts a set into effect, between two cycles, and says what the counters were.
func (d *desk) take(i *audio.Info, rest split, p audio.Patch, reply *audio.Reply) {
	for n, direction := range directions() {
		side, was := i.Side(direction), reply.Info.Side(direction)
		if v, ok := p.Get(audio.PlaySamples.On(direction)); ok {
			was.Samples = d.counted[n].Load()
			d.since[n] = d.samples[n] - uint64(v)
			d.counted[n].Store(v)
		}
		if v, ok := p.Get(audio.PlayError.On(direction)); ok && side.Open {
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

// begin is for when the device starts: what it played or recorded before is over.
func (d *desk) begin() {
	d.going = true
	d.sounding[recording].Store(true)
	for _, p := range d.ports {
		p.jump()
	}
}

// monitors reports whether the device has to run although nobody plays or records.
func (d *desk) monitors() bool { return d.monitor != nil && !d.monitor.Silent() }

// clients counts those that hold a side of the device: the first opens it, the last
// closes it.
func (e *Engine) clients(s Side, more int) (opened, closed bool) {
	if s == Detached {
		return false, false
	}
	d := e.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	n := s.index()
	direction := directions()[n]
	was := d.opened[n]
	d.opened[n] += more
	switch opened, closed = was == 0, d.opened[n] == 0; {
	case opened:
		d.info.Opened(direction, audio.Format{}, d.rules) // the device has its own
	case closed:
		d.info.Closed(direction, 0)
	default:
		return false, false
	}
	e.do(func() {
		d.paused[n] = false
		d.failed[n].Store(false)
		if was == 0 {
			d.since[n] = d.samples[n]
			d.counted[n].Store(0)
		}
	})
	return opened, closed
}

// pauses reports whether the device has paused what it plays, and s is that.
func (e *Engine) pauses(s Side) bool {
	e.desk.mu.Lock()
	defer e.desk.mu.Unlock()
	return s == PlaySide && e.desk.info.Play.Pause
}

// waits counts those who wait to open a side of the device (D21), and reports whether they
// begin to.
func (e *Engine) waits(s Side, more int) (first bool) {
	if s == Detached {
		return false
	}
	e.desk.mu.Lock()
	defer e.desk.mu.Unlock()
	queued := &e.desk.queued[s.index()]
	first = *queued == 0
	*queued += more
	return first && more > 0
}

// sounds is whether something that was written is heard, or will be.
func (d *desk) sounds(now bool) {
	if d.sounding[playing].Load() != now {
		d.sounding[playing].Store(now)
	}
}

// rest is when the device stops: nothing moves.
func (d *desk) rest() {
	d.going = false
	for n := range d.active {
		d.active[n].Store(false)
		d.sounding[n].Store(false)
		d.finish(&d.rides[n])
	}
	d.finish(&d.hush)
}

// count adds frames to what a side has moved.
func (d *desk) count(n, frames int) {
	d.samples[n] += uint64(frames)
	d.counted[n].Store(uint32(d.samples[n] - d.since[n]))
}

// recorded is what the desk does to the input.
func (d *desk) recorded(b *mixbus) {
	b.paused = d.paused[recording]
	if b.frames == 0 {
		return
	}
	d.active[recording].Store(!b.paused)
	if b.paused {
		return
	}
	d.count(recording, b.frames)
	d.pass(recording, d.record, b.frames)
	if !d.record.Unity() {
		b.mix()
		d.record.Apply(b.samples(b.block), b.samples(b.block))
	}
	b.finish()
	d.meters.measure(recording, b)
}

// played is what the desk does to the output, of which input may become a part.
func (d *desk) played(b, input *mixbus) {
	if b.frames == 0 { // woken in between
		return
	}
	d.active[playing].Store(b.state != busClear)
	if !d.paused[playing] {
		d.count(playing, b.frames)
	}
	if d.monitors() && input.frames > 0 {
		input.mix()
		b.mix()
		n := min(b.frames, input.frames)
		d.monitor.Mix(b.block[:n*b.format.Channels], input.block[:n*input.format.Channels])
	}
	d.pass(playing, d.play, b.frames)
	switch {
	case b.state == busClear:
		d.play.Jump()
	case !d.play.Unity():
		b.mix()
		d.play.Apply(b.samples(b.block), b.samples(b.block))
	}
	d.meters.measure(playing, b)
}
