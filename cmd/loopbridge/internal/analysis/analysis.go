package analysis

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// The range in Hz in which bands, tones and their noise are measured, as far as the rate has it.
const (
	Low  = 20.0
	High = 20000.0
)

// Options say how to look.
type Options struct {
	Size   int             // samples of a transform, see spectrum.Config
	Window spectrum.Window // of a transform
	Bands  int             // in an octave; 0: none
	// Tau is the time constant of spectra and bands; 0: they are means over everything.
	Tau time.Duration
}

// Analysis measures all channels of a stream.
type Analysis struct {
	f      audio.Format
	o      Options
	frames int64
	meter  *metering.Meter
	shapes []*spectrum.Analyser // by channel
	banks  []*spectrum.Bank     // by channel; none: no bands
	block  []float32
}

// New returns an analysis of a stream of a format, or what is wrong with the options.
func New(f audio.Format, o Options) (*Analysis, error) {
	a := &Analysis{f: f, o: o, meter: metering.New(f, metering.Levels|metering.TruePeak|metering.Loudness)}
	for range f.Channels {
		s, err := spectrum.New(spectrum.Config{Rate: f.Rate, Size: o.Size, Window: o.Window, Overlap: 0.5, Tau: o.Tau})
		if err != nil {
			return nil, err
		}
		a.shapes = append(a.shapes, s)
		if o.Bands == 0 {
			continue
		}
		b, err := spectrum.NewBank(spectrum.BankConfig{Rate: f.Rate, PerOctave: o.Bands, Low: Low, High: High, Tau: o.Tau})
		if err != nil {
			return nil, err
		}
		a.banks = append(a.banks, b)
	}
	return a, nil
}

// Add takes whole frames in the encoding of the format.
func (a *Analysis) Add(frames []byte) {
	samples := len(frames) / a.f.Encoding.Bytes()
	if len(a.block) < samples {
		a.block = make([]float32, samples)
	}
	block := a.block[:samples]
	a.f.Encoding.Decode(block, frames)
	a.frames += int64(samples / a.f.Channels)
	a.meter.Measure(block)
	for c, s := range a.shapes {
		s.Add(block, a.f.Channels, c)
	}
	for c, b := range a.banks {
		b.Add(block, a.f.Channels, c)
	}
}

// Spectrum returns the mean power in each bin of a channel, and how many Hz are between bins. The powers are the
// analysis' own.
func (a *Analysis) Spectrum(channel int) (powers []float64, width float64) {
	return a.shapes[channel].Power(), a.shapes[channel].BinWidth()
}
