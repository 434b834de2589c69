package convert

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample"
)

// Options says how a loop converts the frames of its clients.
type Options struct {
	Quality resample.Quality
	// Matrix mixes channels if it has a column for each channel of the writer and a row for each of
	// the reader.
	Matrix audio.Matrix
	// Direct maps channel i to channel i where Matrix does not fit, instead of using audio.MatrixFor.
	Direct bool
	// Dither adds noise where samples are rounded to fewer bits.
	Dither bool
	// Vary is how far Adjust may go, such as 0.005 for 0.5 %; 0: the ratio of the rates is fixed.
	Vary float64
}

// Needed reports whether frames have to be converted at all.
func (o Options) Needed(from, to audio.Format) bool {
	return !from.Alike(to) || o.Vary > 0 || o.explicit(from, to) && !o.Matrix.IsDirect() || !o.order(from, to).IsZero()
}

// Rearranged reports whether only the order of the channels differs.
func (o Options) Rearranged(from, to audio.Format) bool {
	return from.Alike(to) && o.Vary == 0 && !o.order(from, to).IsZero()
}

// order returns how channels are rearranged between sides with equally many.
func (o Options) order(from, to audio.Format) audio.Order {
	if o.Direct || o.explicit(from, to) || from.Channels != to.Channels {
		return audio.Order{}
	}
	return audio.NewOrder(from, to.Positions)
}

// explicit reports whether Matrix fits these formats.
func (o Options) explicit(from, to audio.Format) bool {
	return o.Matrix.In == from.Channels && o.Matrix.Out == to.Channels
}

func (o Options) matrix(from, to audio.Format) audio.Matrix {
	switch {
	case o.explicit(from, to):
		return o.Matrix
	case o.Direct:
		return audio.DirectMatrix(from.Channels, to.Channels)
	}
	return audio.MatrixFor(from, to)
}

// Check returns ErrInvalid, with the range, if frames cannot be converted: a format is invalid, or
// the rates differ by more than a factor of resample.MaxRatio.
func Check(from, to audio.Format) error {
	if err := from.Validate(); err != nil {
		return err
	}
	if err := to.Validate(); err != nil {
		return err
	}
	const most = resample.MaxRatio
	if from.Rate > to.Rate*most || to.Rate > from.Rate*most {
		return audio.ErrInvalid.With("rate %d Hz cannot be converted to %d Hz; use %d..%d", from.Rate, to.Rate,
			max(audio.MinRate, (to.Rate+most-1)/most), min(audio.MaxRate, to.Rate*most))
	}
	return nil
}

// block is how many frames pass the stages at a time.
const block = 256

// Converter converts one stream. One goroutine at a time may use it; only New blocks or allocates.
type Converter struct {
	from, to audio.Format
	straight bool        // audio.Reencode does everything
	order    audio.Order // applied to the input, before the stages
	ordered  []byte      // a block in that order; nil: the order is right

	down, up  *audio.ChannelMix   // nil: no mixing
	resampler *resample.Resampler // nil: same rate
	dither    *audio.Dither       // nil: none
	fader     *mixer.Fader        // nil: none

	decoded, mixed, resampled, raised []float32
	waste                             []byte // a block that is never read
	bad                               uint64
}

// New returns a Converter. ErrInvalid: see Check.
func New(from, to audio.Format, o Options) (*Converter, error) {
	if err := Check(from, to); err != nil {
		return nil, err
	}
	c := &Converter{from: from, to: to, waste: make([]byte, block*to.FrameBytes())}
	between := min(from.Channels, to.Channels)
	c.decoded = make([]float32, block*from.Channels)
	c.resampled = make([]float32, block*between)
	if c.order = o.order(from, to); !c.order.IsZero() {
		c.ordered = make([]byte, block*from.FrameBytes())
		from.Positions = to.Positions // once rearranged
	}
	m := o.matrix(from, to)
	switch {
	case m.IsDirect():
	case from.Channels < to.Channels:
		c.up, c.raised = m.ChannelMix(), make([]float32, block*to.Channels)
	default:
		c.down, c.mixed = m.ChannelMix(), make([]float32, block*to.Channels)
	}
	if from.Rate != to.Rate || o.Vary > 0 {
		var err error
		config := resample.Config{
			Channels: between, In: from.Rate, Out: to.Rate, Quality: o.Quality, Vary: o.Vary,
		}
		c.resampler, err = resample.New(config)
		if err != nil {
			return nil, err
		}
	}
	rounds := c.resampler != nil || !m.IsDirect()
	c.straight = !rounds && (from.Encoding == to.Encoding || from.Encoding.Bits() > 24 && to.Encoding.Bits() > 24)
	if o.Dither && (rounds || !to.Encoding.Holds(from.Encoding)) {
		c.dither = audio.NewDither(uint64(from.Rate)<<32 | uint64(to.Rate))
	}
	return c, nil
}

// Through makes the output pass a fader, which leaves it untouched at unity. Call it before
// Convert; from then on the fader belongs to the goroutine that converts.
func (c *Converter) Through(f *mixer.Fader) { c.fader = f }

// faded reports whether the fader changes the output.
func (c *Converter) faded() bool { return c.fader != nil && !c.fader.Unity() }

// Convert converts frames of from into to until either runs out, and returns how many it gave and
// took. Both hold whole frames, in one piece, and do not overlap.
func (c *Converter) Convert(to, from []byte) (given, taken int) {
	for {
		g, t := c.blockwise(to, from)
		if g == 0 && t == 0 {
			return given, taken
		}
		given, taken = given+g, taken+t
		to, from = to[g*c.to.FrameBytes():], from[t*c.from.FrameBytes():]
	}
}

// blockwise is Convert for one block at most.
func (c *Converter) blockwise(to, from []byte) (given, taken int) {
	room := min(block, len(to)/c.to.FrameBytes())
	if room == 0 {
		return 0, 0
	}
	taken = min(block, len(from)/c.from.FrameBytes(), c.Need(room))
	from = from[:taken*c.from.FrameBytes()]
	if c.straight && c.ordered != nil && !c.faded() && c.from.Encoding == c.to.Encoding {
		c.order.Apply(to, from)
		return taken, taken
	}
	from = c.arrange(from)
	if c.straight && !c.faded() {
		c.bad += uint64(audio.Reencode(c.to.Encoding, c.from.Encoding, to[:taken*c.to.FrameBytes()], from))
		return taken, taken
	}
	x := c.intake(from)
	given = taken
	if c.resampler != nil {
		between := min(c.from.Channels, c.to.Channels)
		given, _ = c.resampler.Process(c.resampled[:room*between], x)
		x = c.resampled[:given*between]
	}
	if c.up != nil {
		raised := c.raised[:given*c.to.Channels]
		c.up.Apply(raised, x)
		x = raised
	}
	if c.faded() {
		c.fader.Apply(x, x)
	}
	c.to.Encoding.Encode(to[:given*c.to.FrameBytes()], x, c.dither)
	return given, taken
}

// arrange puts the channels of a block into the order of the output.
func (c *Converter) arrange(from []byte) []byte {
	if c.ordered == nil {
		return from
	}
	ordered := c.ordered[:len(from)]
	c.order.Apply(ordered, from)
	return ordered
}

// intake runs the stages before the resampler on one block at most.
func (c *Converter) intake(from []byte) []float32 {
	frames := len(from) / c.from.FrameBytes()
	x := c.decoded[:frames*c.from.Channels]
	c.bad += uint64(c.from.Encoding.Decode(x, from))
	if c.down == nil {
		return x
	}
	mixed := c.mixed[:frames*c.to.Channels]
	c.down.Apply(mixed, x)
	return mixed
}

// Keep takes frames without giving any: what Convert left because it makes no further frame.
func (c *Converter) Keep(from []byte) {
	for size := c.from.FrameBytes(); c.resampler != nil && len(from) >= size; {
		n := min(block, len(from)/size)
		if c.resampler.Keep(c.intake(c.arrange(from[:n*size]))) < n {
			return
		}
		from = from[n*size:]
	}
}

// Waste returns memory for n frames or fewer that is never read.
func (c *Converter) Waste(n int) []byte { return c.waste[:min(n, block)*c.to.FrameBytes()] }

// Finish ends the input: Convert then gives what is left, and the next input starts a new stream.
func (c *Converter) Finish() {
	if c.resampler != nil {
		c.resampler.Finish()
	}
}

// Holds reports whether the Converter holds frames of the stream.
func (c *Converter) Holds() bool { return c.resampler != nil && c.resampler.Begun() }

// Yield returns how many frames Convert would give for n more.
func (c *Converter) Yield(n int) int {
	if c.resampler == nil {
		return n
	}
	return c.resampler.Yield(n)
}

// Rest returns how many frames are still to come if the stream ends after n more.
func (c *Converter) Rest(n int) int {
	if c.resampler == nil {
		return n
	}
	return c.resampler.Rest(n)
}

// Need returns the least input for which Convert gives n more frames.
func (c *Converter) Need(n int) int {
	if c.resampler == nil {
		return n
	}
	return c.resampler.Need(n)
}

// Latency returns how many frames of input an output frame needs beyond its own place.
func (c *Converter) Latency() int {
	if c.resampler == nil {
		return 0
	}
	return c.resampler.Latency()
}

// Adjust makes the input run factor times as fast as its rate says, from the next frame on, as far as
// Options.Vary allows.
func (c *Converter) Adjust(factor float64) {
	if c.resampler != nil {
		c.resampler.Adjust(factor)
	}
}

// Behind returns how many frames of input were taken beyond the place of the next output frame.
func (c *Converter) Behind() float64 {
	if c.resampler == nil {
		return 0
	}
	return c.resampler.Behind()
}

// Reset drops what the Converter holds; the next input starts a new stream.
func (c *Converter) Reset() {
	if c.resampler != nil {
		c.resampler.Reset()
	}
}

// Bad returns how many NaN and infinite samples became 0. It belongs to the goroutine that converts.
func (c *Converter) Bad() uint64 { return c.bad }
