package resample

import "github.com/loopbridge/loopbridge/audio"

// MaxRatio limits the ratio of two rates, either way.
const MaxRatio = 256

// Config describes a conversion.
type Config struct {
	Channels int
	In, Out  int // nominal rates in Hz
	Quality  Quality
	// Vary is how far Adjust may go, such as 0.01 for 1 %. The passband narrows by as much.
	Vary float64
}

func (c Config) validate() error {
	switch {
	case c.Channels < 1 || c.Channels > audio.MaxChannels:
		return audio.ErrInvalid.With("%d channels are out of range; use 1..%d", c.Channels, audio.MaxChannels)
	case c.In < 1 || c.Out < 1 || c.In > c.Out*MaxRatio || c.Out > c.In*MaxRatio:
		return audio.ErrInvalid.With("from %d to %d Hz is too far; the ratio may be 1/%d to %d",
			c.In, c.Out, MaxRatio, MaxRatio)
	case int(c.Quality) >= len(designs):
		return audio.ErrInvalid.With("%s is not a quality of a resampler", c.Quality)
	case !(c.Vary >= 0 && c.Vary <= 0.5):
		return audio.ErrInvalid.With("a ratio that varies by %g is out of range; use 0..0.5", c.Vary)
	}
	return nil
}

// Resampler converts one stream of interleaved float32 frames. It serves one goroutine at a time;
// no method blocks or allocates.
//
// Output frame n is the input at frame n × In ÷ Out, so nothing is shifted; that takes Latency
// more frames of input. A stream of n frames becomes ⌈n × Out ÷ In⌉ frames if Finish follows it.
type Resampler struct {
	channels int
	vary     float64
	place    place
	kernel   kernel
	filter   *filter
	weights  [4]float64
	coef     []float64

	// History, one slice per channel. The window of the next output frame begins at frame at; the
	// output frame lies half−1 frames and a fraction later.
	history  [][]float64
	at, have int
	begun    bool
	finished bool
	end      int // when finished: the end of the input
}

// block is the room for frames of input beside the window.
const block = 256

// New returns a Resampler, or ErrInvalid.
func New(c Config) (*Resampler, error) { return newWith(c, fastest()) }

func newWith(c Config, k kernel) (*Resampler, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	r := &Resampler{channels: c.Channels, vary: c.Vary, place: newPlace(c.In, c.Out), kernel: k}
	r.filter = newFilter(designs[c.Quality], float64(c.In)/float64(c.Out)*(1+c.Vary))
	r.coef = make([]float64, r.filter.taps)
	r.history = make([][]float64, c.Channels)
	size := 2*r.filter.taps + block
	memory := make([]float64, c.Channels*size)
	for ch := range r.history {
		r.history[ch] = memory[ch*size:][:size:size]
	}
	r.Reset()
	return r, nil
}

// Latency returns how many frames of input an output frame needs beyond its own position.
func (r *Resampler) Latency() int { return r.filter.half }

// Adjust multiplies In by factor from the next frame on. It returns the factor used, at most Vary
// away from 1.
func (r *Resampler) Adjust(factor float64) float64 {
	if !(factor >= 1-r.vary) { // also NaN
		factor = 1 - r.vary
	}
	factor = min(factor, 1+r.vary)
	r.place.adjust(factor)
	return factor
}

// Behind returns how many frames of input were taken beyond the place of the next output frame.
func (r *Resampler) Behind() float64 {
	return float64(r.have-r.at-r.filter.half+1) - float64(r.place.fraction)*r.place.scale
}

// Reset begins a new stream, before which there was silence.
func (r *Resampler) Reset() {
	r.at, r.have, r.place.fraction = 0, r.filter.half-1, 0
	r.begun, r.finished = false, false
	for _, h := range r.history {
		clear(h)
	}
}

// Process converts in to out as far as it can and returns how many frames it gave and took; it
// takes no more than it Needs. Both hold whole frames and must not overlap. After Finish it gives
// the rest of the stream first; in then starts a new one.
func (r *Resampler) Process(out, in []float32) (given, taken int) {
	room, left := len(out)/r.channels, len(in)/r.channels
	for {
		n := min(room-given, r.ready())
		r.produce(out[given*r.channels:], n)
		given += n
		if r.finished && r.ready() == 0 {
			r.Reset()
		}
		if given == room || taken == left || r.finished {
			return given, taken
		}
		taken += r.take(in[taken*r.channels:], min(left-taken, r.Need(room-given)))
	}
}

// Keep takes frames of in without giving any, for input too short for an output frame, and
// returns how many. Less input than an output frame needs always fits.
func (r *Resampler) Keep(in []float32) (taken int) {
	for left := len(in) / r.channels; taken < left; {
		n := r.take(in[taken*r.channels:], left-taken)
		if n == 0 {
			break
		}
		taken += n
	}
	return taken
}

// Finish marks the end of the input. It does nothing if the stream has not begun.
func (r *Resampler) Finish() {
	if r.finished || !r.begun {
		return
	}
	r.compact()
	r.finished, r.end = true, r.have
	for _, h := range r.history {
		clear(h[r.have:])
	}
	r.have += r.filter.half
}

// Begun reports whether there was input since New, Reset or the end of a stream; after Finish,
// whether there is output left.
func (r *Resampler) Begun() bool { return r.begun }

// Yield returns how many frames Process would give for n more frames of input.
func (r *Resampler) Yield(n int) int {
	if r.finished {
		return r.ready()
	}
	return r.place.before(r.have + n - 2*r.filter.half - r.at + 1)
}

// Rest returns how many frames would follow in all if the stream ended after n more of input.
func (r *Resampler) Rest(n int) int {
	if r.finished {
		return r.ready()
	}
	if !r.begun && n == 0 {
		return 0
	}
	return r.place.before(r.have + n - r.filter.half + 1 - r.at)
}

// Need returns the least input for which Process gives n more frames, or 0.
func (r *Resampler) Need(n int) int {
	if n <= 0 || r.finished {
		return 0
	}
	return max(0, r.at+r.place.after(n-1)+2*r.filter.half-r.have)
}

// ready returns how many frames can be given without more input.
func (r *Resampler) ready() int {
	if r.finished {
		return r.place.before(r.end - r.filter.half + 1 - r.at)
	}
	return r.place.before(r.have - 2*r.filter.half - r.at + 1)
}

// take appends as many frames of in to the history as fit and returns how many.
func (r *Resampler) take(in []float32, n int) int {
	r.begun = true
	if r.at > r.have { // the step is longer than the window and skips input
		skip := min(n, r.at-r.have)
		r.at -= skip
		return skip
	}
	size := len(r.history[0]) - r.filter.taps
	if r.have+n > size {
		r.compact()
	}
	n = min(n, size-r.have)
	if r.channels == 2 {
		left, right := r.history[0][r.have:][:n], r.history[1][r.have:][:n]
		in = in[:2*n]
		for i := range left {
			left[i], right[i] = float64(in[2*i]), float64(in[2*i+1])
		}
	} else {
		for ch, h := range r.history {
			h = h[r.have:][:n]
			for i := range h {
				h[i] = float64(in[i*r.channels+ch])
			}
		}
	}
	r.have += n
	return n
}

// compact moves the history to the beginning of its memory.
func (r *Resampler) compact() {
	from := min(r.at, r.have)
	for _, h := range r.history {
		copy(h, h[from:r.have])
	}
	r.at -= from
	r.have -= from
}

// produce computes n frames.
func (r *Resampler) produce(out []float32, n int) {
	f := r.filter
	for i := range n {
		phase, rest := r.place.phase(f.phases)
		cubic(&r.weights, rest)
		r.kernel.blend(r.coef, f.rows[phase*f.taps:], f.taps, &r.weights)
		frame := out[i*r.channels:][:r.channels]
		for ch := 0; ch < r.channels; ch += 2 {
			left, right := r.history[ch], r.history[min(ch+1, r.channels-1)]
			a, b := r.kernel.dot(r.coef, left[r.at:], right[r.at:])
			frame[ch] = float32(a)
			if ch+1 < r.channels {
				frame[ch+1] = float32(b)
			}
		}
		r.at += r.place.next()
	}
}
