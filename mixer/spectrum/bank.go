package spectrum

import (
	"math"
	"time"
)

// BankConfig says what a Bank measures.
type BankConfig struct {
	Rate      int     // Hz
	PerOctave int     // bands: 1, 3, 6, 12 …
	Low, High float64 // Hz, as for the function Bands
	// Tau is the time constant of the mean: 125 ms is the "fast" of a sound level meter, 1 s its "slow". 0: all since
	// Reset counts alike.
	Tau time.Duration
}

// Bank measures the bands of one channel.
type Bank struct {
	bands  []Band
	stages []stage // each of half the rate of the one before
	levels []level // by band
}

// stage is what runs at one rate.
type stage struct {
	filters []*bandPass
	first   int // the bands of the filters are first, first + 1 …
	halve   *halver
	alpha   float64 // what a sample counts in an exponential mean
}

type level struct {
	settling      int // samples that do not count yet
	mean, maximum float64
	count         float64 // samples in the mean
}

// settled is after how many times 1 s / bandwidth a band counts: what began at once has then faded by 50 dB.
const settled = 5

// upmost is which part of its rate a band may reach. Beyond, it runs at twice the rate, if there is one.
const upmost = 0.24

// NewBank returns a bank, or the error of Bands.
func NewBank(c BankConfig) (*Bank, error) {
	bands, err := Bands(c.PerOctave, c.Rate, c.Low, c.High)
	if err != nil {
		return nil, err
	}
	b := &Bank{bands: bands, levels: make([]level, len(bands))}
	rate := float64(c.Rate)
	for i := len(bands) - 1; i >= 0; {
		s := stage{}
		for ; i >= 0 && bands[i].High > upmost/2*rate; i-- {
			s.filters = append(s.filters, newBandPass(bands[i].Low/rate, bands[i].Middle/rate, bands[i].High/rate))
			s.first = i
			b.levels[i].settling = int(settled * rate / (bands[i].High - bands[i].Low))
		}
		for l, r := 0, len(s.filters)-1; l < r; l, r = l+1, r-1 {
			s.filters[l], s.filters[r] = s.filters[r], s.filters[l]
		}
		if i >= 0 {
			s.halve = newHalver()
		}
		if c.Tau > 0 {
			s.alpha = -math.Expm1(-1 / (rate * c.Tau.Seconds()))
		}
		b.stages = append(b.stages, s)
		rate /= 2
	}
	return b, nil
}

// Add takes the samples of one channel out of whole interleaved frames.
func (b *Bank) Add(frames []float32, channels, channel int) {
	if len(b.stages) == 0 {
		return
	}
	for i := channel; i < len(frames); i += channels {
		x, some := float64(frames[i]), true
		for at := 0; some; at++ {
			s := &b.stages[at]
			for k, f := range s.filters {
				y := f.next(x)
				b.levels[s.first+k].add(2*y*y, s.alpha)
			}
			if s.halve == nil {
				break
			}
			x, some = s.halve.next(x)
		}
	}
	for _, s := range b.stages {
		for _, f := range s.filters {
			f.settle()
		}
	}
}

func (l *level) add(power, alpha float64) {
	if l.settling > 0 {
		l.settling--
		return
	}
	l.count++
	l.mean += max(alpha, 1/l.count) * (power - l.mean) // the first samples count alike
	if l.count*alpha > 1 {
		l.maximum = max(l.maximum, l.mean)
	}
}

// Bands returns the bands, from the lowest on. They are the bank's own.
func (b *Bank) Bands() []Band { return b.bands }

// Level returns the mean power in a band, 0 until its filter has settled, which a band of B Hz does in 5 s / B.
func (b *Bank) Level(band int) float64 { return b.levels[band].mean }

// Maximum returns the largest exponential mean in a band since Reset, from a time constant after it on; 0 without Tau.
func (b *Bank) Maximum(band int) float64 { return b.levels[band].maximum }

// Reset begins means and maxima anew. The filters go on.
func (b *Bank) Reset() {
	for i, l := range b.levels {
		b.levels[i] = level{settling: l.settling}
	}
}
