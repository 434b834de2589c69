package spectrum

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/dsp/fourier"
)

// The sizes of a transform, in samples; all powers of two between them.
const (
	MinSize = 2048
	MaxSize = 65536
)

// Config says how an Analyser looks.
type Config struct {
	Rate   int // Hz
	Size   int // MinSize to MaxSize, a power of two
	Window Window
	// Overlap is the part of a transform that the next one shares: 0 to 0.9.
	Overlap float64
	// Tau is the time constant of the mean. 0: all transforms since Reset count alike.
	Tau time.Duration
}

// Validate says what is wrong.
func (c Config) Validate() error {
	switch {
	case c.Size < MinSize || c.Size > MaxSize || c.Size&(c.Size-1) != 0:
		return fmt.Errorf("a transform of %d samples is out of range; use a power of two from %d to %d", c.Size, MinSize, MaxSize)
	case !(c.Overlap >= 0 && c.Overlap <= 0.9):
		return fmt.Errorf("an overlap of %g is out of range; use 0 to 0.9", c.Overlap)
	case c.Rate <= 0:
		return fmt.Errorf("a rate of %d Hz is out of range", c.Rate)
	}
	return nil
}

// Analyser transforms the samples of one channel.
type Analyser struct {
	c      Config
	hop    int
	fft    *fourier.FFT
	window []float64
	scale  float64 // of the square of a magnitude, to a power
	noise  float64
	alpha  float64 // what a transform counts in an exponential mean

	held   []float64 // the last samples, from the oldest on
	filled int
	block  []float64
	lines  []complex128

	count   int
	power   []float64
	maximum []float64
}

// New returns an analyser, or what Config.Validate says.
func New(c Config) (*Analyser, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := c.Size
	a := &Analyser{c: c, hop: max(1, int(math.Round(float64(n)*(1-c.Overlap)))), fft: fourier.NewFFT(n), window: c.Window.samples(n),
		held: make([]float64, n), block: make([]float64, n), lines: make([]complex128, n/2+1),
		power: make([]float64, n/2+1), maximum: make([]float64, n/2+1)}
	sum, squares := 0.0, 0.0
	for _, w := range a.window {
		sum, squares = sum+w, squares+w*w
	}
	a.scale, a.noise = 4/(sum*sum), float64(n)*squares/(sum*sum)
	if c.Tau > 0 {
		a.alpha = -math.Expm1(-float64(a.hop) / (float64(c.Rate) * c.Tau.Seconds()))
	}
	return a, nil
}

// Add takes the samples of one channel out of whole interleaved frames, and returns how many transforms were completed.
func (a *Analyser) Add(frames []float32, channels, channel int) (transforms int) {
	for i := channel; i < len(frames); i += channels {
		a.held[a.filled] = float64(frames[i])
		if a.filled++; a.filled == a.c.Size {
			a.transform()
			transforms++
			copy(a.held, a.held[a.hop:])
			a.filled -= a.hop
		}
	}
	return transforms
}

func (a *Analyser) transform() {
	for i, x := range a.held {
		a.block[i] = x * a.window[i]
	}
	a.fft.Coefficients(a.lines, a.block)
	a.count++
	part := max(a.alpha, 1/float64(a.count)) // the first ones count alike
	for i, x := range a.lines {
		p := a.scale * (real(x)*real(x) + imag(x)*imag(x))
		a.power[i] += part * (p - a.power[i])
		a.maximum[i] = max(a.maximum[i], p)
	}
}

// Reset begins mean and maxima anew. Samples that wait for the next transform stay.
func (a *Analyser) Reset() {
	a.count = 0
	clear(a.power)
	clear(a.maximum)
}

// Count returns how many transforms the mean has.
func (a *Analyser) Count() int { return a.count }

// Power returns the mean power in each bin, from 0 Hz to half of the rate. It is the analyser's own: Add changes it.
func (a *Analyser) Power() []float64 { return a.power }

// Maximum returns the largest power in each bin since Reset, as Power does.
func (a *Analyser) Maximum() []float64 { return a.maximum }

// Frequency returns the middle of a bin in Hz.
func (a *Analyser) Frequency(bin int) float64 { return float64(bin) * a.BinWidth() }

// BinWidth returns the distance of bins in Hz.
func (a *Analyser) BinWidth() float64 { return float64(a.c.Rate) / float64(a.c.Size) }

// Noise returns the equivalent noise bandwidth in bins: by how much noise is too loud in the sum of all bins.
func (a *Analyser) Noise() float64 { return a.noise }

// DB returns a power in dB, −Inf for 0.
func DB(power float64) float64 { return 10 * math.Log10(power) }
