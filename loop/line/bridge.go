package line

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/servo"
)

// Bridge reads what an end records for a sink with a cycle of its own: as many frames as the sink takes, of
// the source or of silence. If another clock drives the end, a servo sets the ratio of a resampler, or one of the two
// clocks is moved by that ratio, and all frames stay as they are.
//
// The goroutine of the sink calls its methods. They neither block nor allocate.
type Bridge struct {
	from      ring.Reader
	source    *End
	converter *convert.Converter
	fader     *mixer.Fader // fades in and out, at level in between
	level     []mixer.Setting
	format    audio.Format // of what is read
	status    *BridgeStatus
	in        []byte

	far     *servo.Published // clock of the source; nil: it is that of the sink
	there   servo.Estimate
	servo   *servo.Servo
	moves   servo.Side
	ahead   int64 // frames that the sink takes at a time
	reserve int   // frames of From
	offset  int64 // of the source, in the cycle before

	flowing bool
	ending  bool // the next block is the last
	wait    int  // frames of silence before the source is read
	owed    int  // frames of the source that were late: silence took their place
}

// BridgeOptions say what a Bridge reads, and for whom.
type BridgeOptions struct {
	From *End // a capture ring; the bridge is its program
	// To is the format of what is read.
	To audio.Format
	// Clock is the clock of the device behind From; nil: it is the sink's, or nobody follows it.
	Clock *servo.Published
	// Latency is how far the sink stays behind the source, in frames of the source's device; 0 within one
	// clock. Without Clock it is what there is in reserve when sound begins to flow: when that is used up, or there
	// is twice as much, sound is moved.
	Latency int
	// Moves is whose clock follows the ratio of the servo, by a pitch control that somebody else drives: frames
	// are then read one by one. Neither: a resampler follows it. Without Clock it means nothing.
	Moves servo.Side
	// Ahead is how many frames the sink's device takes at a time. They count as latency.
	Ahead   int
	Convert convert.Options
	Setting mixer.Setting
	Status  *BridgeStatus // where it says how it goes
}

// farthest is how far a resampler may be adjusted: beyond what a servo does.
const farthest = 0.006

// NewBridge returns a bridge through which nothing flows. It allocates. ErrInvalid: the rates are too far apart.
func NewBridge(o BridgeOptions) (*Bridge, error) {
	if o.Clock != nil && o.Moves == servo.Neither {
		o.Convert.Vary = farthest
	}
	c, err := convert.New(o.From.Format, o.To, o.Convert)
	if err != nil {
		return nil, err
	}
	b := &Bridge{
		from: ring.Reader{Ring: o.From.Ring}, source: o.From, converter: c, format: o.To,
		fader: mixer.NewFaderFor(o.To, mixer.Setting{Mute: true}), level: []mixer.Setting{o.Setting},
		status: o.Status, far: o.Clock, ahead: int64(o.Ahead),
		in: make([]byte, (c.Need(BridgeBlock)*102/100+64)*o.From.Format.FrameBytes()),
	}
	c.Through(b.fader)
	if b.far != nil {
		b.servo = servo.New(float64(o.Latency))
		b.servo.Move(o.Moves)
		b.moves = o.Moves
	} else {
		b.reserve = o.Latency
	}
	return b, nil
}

// BridgeBlock is how many frames are read at a time, at most.
const BridgeBlock = 1024

// SinkCycle is a cycle of the sink, before it reads.
type SinkCycle struct {
	Due      int    // frames that it reads
	Position uint64 // of its device after them
	Rate     uint64 // of its device
	Time     int64  // when it was reached, in ns of CLOCK_MONOTONIC
	Clock    *servo.Estimate
}

// Steer decides whether sound flows in a cycle, and how fast.
func (b *Bridge) Steer(t SinkCycle) {
	if b.far == nil {
		b.alignAtOnce(t.Due)
	} else {
		b.followClocks(t)
	}
	if !b.status.Paused.Load() {
		return
	}
	if b.flowing {
		b.FadeOut()
	} else {
		b.skipOld()
	}
}

func (b *Bridge) followClocks(t SinkCycle) {
	b.far.Load(&b.there)
	b.followOffset()
	took := int64(audio.MulDiv(uint64(t.Due), t.Rate, uint64(b.format.Rate)))
	step := b.servo.Step(t.Time, &b.there, t.Clock, b.mark(int64(t.Position)-took+b.ahead))
	if b.moves == servo.Neither {
		b.converter.Adjust(step.Ratio)
	}
	switch {
	case step.State == servo.Lost && b.flowing:
		b.FadeOut()
	case step.State == servo.Lost:
		b.skipOld()
	case !b.flowing && !b.status.Paused.Load():
		b.shift(int(step.Shift))
		b.fadeIn()
	}
}

// skipOld drops what is older than the servo could want, before the ring is full: nobody is to blame for it.
func (b *Bridge) skipOld() { b.from.Skip(b.from.Avail() - b.from.Spec().Capacity/2) }

// followOffset makes up for frames that the source's device lost: the sound after them is later.
func (b *Bridge) followOffset() {
	now := b.source.Offset.Load()
	lost := int(now - b.offset)
	b.offset = now
	if !b.flowing || lost >= -1 && lost <= 1 { // rates that differ round
		return
	}
	b.owed -= lost + int(audio.MulDiv(uint64(b.wait), uint64(b.source.Format.Rate), uint64(b.format.Rate)))
	b.wait = 0
	if b.owed < 0 {
		b.wait = b.sinkFrames(-b.owed)
		b.owed = 0
	}
}

func (b *Bridge) sinkFrames(n int) int {
	return int(audio.MulDiv(uint64(n), uint64(b.format.Rate), uint64(b.source.Format.Rate)))
}

// alignAtOnce starts the flow as soon as the source has the frames of a cycle and the reserve. Within one clock
// there is none: each cycle brings as many as it takes.
func (b *Bridge) alignAtOnce(due int) {
	need := b.converter.Need(due)
	if b.source.Format.Rate != b.format.Rate {
		need += 2 // the cycles of two rates differ by a frame
	}
	avail := b.from.Avail()
	switch {
	case b.flowing && (avail == 0 || b.reserve > 0 && avail < need):
		b.stop() // what follows is aligned anew
	case b.flowing && b.reserve > 0 && avail > need+2*b.reserve:
		b.FadeOut()
	case !b.flowing && avail >= need+b.reserve && !b.status.Paused.Load():
		b.from.Skip(avail - need - b.reserve)
		b.fadeIn()
	}
}

// mark returns which frame of the source's device is read next, for a frame of the sink's.
func (b *Bridge) mark(sink int64) servo.Mark {
	rate := int64(b.source.Format.Rate)
	position := int64(b.from.Taken()) + int64(b.owed) + b.source.Offset.Load()
	behind := b.converter.Behind() + float64(b.wait)*float64(rate)/float64(b.format.Rate)
	whole := math.Ceil(behind)
	nominal := int64(math.Round(b.there.Nominal))
	if nominal <= 0 {
		nominal = rate
	}
	scaled := (position - int64(whole)) * nominal
	return servo.Mark{
		Sink: sink, Source: scaled / rate,
		Fraction: float64(scaled%rate)/float64(rate) + (whole-behind)*float64(nominal)/float64(rate),
	}
}

// shift moves the place from which the source is read next, by frames of its device.
func (b *Bridge) shift(frames int) {
	n := int(int64(frames) * int64(b.source.Format.Rate) / int64(max(1, math.Round(b.there.Nominal))))
	if n >= 0 {
		b.from.Skip(n)
		return
	}
	b.wait = b.sinkFrames(-n)
}

// Resume lets sound that flows fade in, as what was read last is not heard.
func (b *Bridge) Resume() {
	if b.flowing && !b.ending {
		b.fadeIn()
	}
}

func (b *Bridge) fadeIn() {
	b.flowing = true
	b.fader.Set(mixer.Setting{Mute: true})
	b.fader.Jump()
	b.fader.Set(b.level...)
}

// FadeOut lets the next block be the last, if sound flows.
func (b *Bridge) FadeOut() {
	if b.flowing {
		b.ending = true
		b.fader.Set(mixer.Setting{Mute: true})
	}
}

// SetLevel changes gain, balance and mute.
func (b *Bridge) SetLevel(s ...mixer.Setting) {
	b.level = s
	if b.flowing && !b.ending {
		b.fader.Set(s...)
	}
}

func (b *Bridge) stop() {
	b.flowing, b.ending, b.wait, b.owed = false, false, 0, 0
	b.converter.Reset()
}

// Read fills out, whole frames and at most a block, with frames of the source or silence.
func (b *Bridge) Read(out []byte) {
	if !b.flowing {
		b.format.Encoding.Silence(out)
		return
	}
	size := b.format.FrameBytes()
	if b.wait > 0 {
		quiet := min(len(out)/size, b.wait)
		b.wait -= quiet
		b.format.Encoding.Silence(out[:quiet*size])
		out = out[quiet*size:]
	}
	if b.owed > 0 {
		b.owed -= b.from.Skip(b.owed)
	}
	n := len(out) / size
	need := b.converter.Need(n)
	late := need > b.from.Avail()
	if late { // what there is fades out; what follows fades in
		b.fader.Set(mixer.Setting{Mute: true})
	}
	given, have := b.convert(out, need)
	b.format.Encoding.Silence(out[given*size:])
	switch {
	case b.ending:
		b.stop()
	case late:
		b.status.Missing.Add(uint64(n - given))
		if b.servo != nil {
			b.owed += need - have
		}
		b.fadeIn()
	}
}

// convert converts need frames of the source, or what there is, and returns how many it gave and took.
func (b *Bridge) convert(out []byte, need int) (given, have int) {
	size := b.source.Format.FrameBytes()
	have = b.from.Read(b.in[:min(need*size, len(b.in))])
	in := b.in[:have*size]
	given, taken := b.converter.Convert(out, in)
	b.converter.Keep(in[taken*size:])
	return given, have
}
