package analysis

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// Report is what was measured. Values in dB are nil where there is silence, or nothing to tell.
type Report struct {
	Name     string       `json:"name"`
	Format   audio.Format `json:"format"`
	Seconds  float64      `json:"seconds"`
	Channels []Channel    `json:"channels"`
	// Correlation of channels 1 and 2, 3 and 4, …
	Correlation []*float64 `json:"correlation"`
	Loudness    Loudness   `json:"loudness"`
	Transform   Transform  `json:"transform"`
	Bands       *Bands     `json:"bands,omitempty"`
}

// Channel is what was measured of one channel.
type Channel struct {
	Peak     *float64 `json:"peak_dbfs"`
	TruePeak *float64 `json:"true_peak_dbfs"`
	RMS      *float64 `json:"rms_dbfs"` // −3.01 is a sine of full scale
	DC       float64  `json:"dc"`       // 1 is full scale
	Clipped  uint64   `json:"clipped"`  // samples
	Tone     *Tone    `json:"tone"`     // nil: the transform was not filled, or all is silence
}

// Tone is the loudest sine.
type Tone struct {
	Frequency float64    `json:"frequency_hz"`
	Level     *float64   `json:"level_dbfs"` // 0 is a sine of full scale
	THD       float64    `json:"thd"`        // a part of the sine's amplitude
	THDN      float64    `json:"thd_n"`      // a part of the amplitude of all
	SNR       *float64   `json:"snr_db"`
	Noise     *float64   `json:"noise_dbfs"` // 0 is a sine of full scale
	Harmonics []*float64 `json:"harmonics_dbfs"`
}

// Loudness is in LUFS, the range in LU.
type Loudness struct {
	Momentary    *float64 `json:"momentary_lufs"`
	ShortTerm    *float64 `json:"short_term_lufs"`
	Integrated   *float64 `json:"integrated_lufs"`
	Range        float64  `json:"range_lu"`
	MaxMomentary *float64 `json:"max_momentary_lufs"`
	MaxShortTerm *float64 `json:"max_short_term_lufs"`
}

// Transform is how the tones were looked for.
type Transform struct {
	Size   int             `json:"size"`
	Window spectrum.Window `json:"window"`
	Count  int             `json:"count"`
}

// Bands are parts of an octave.
type Bands struct {
	PerOctave int       `json:"per_octave"`
	Names     []string  `json:"names"`
	Middles   []float64 `json:"middles_hz"`
	// Levels are by channel and band; 0 is a sine of full scale.
	Levels [][]*float64 `json:"levels_dbfs"`
}

// Report returns what has been measured so far. Levels are those since the previous report.
func (a *Analysis) Report(name string) Report {
	var m metering.Reading
	a.meter.Read(&m)
	r := Report{Name: name, Format: a.f, Seconds: float64(a.frames) / float64(a.f.Rate),
		Transform: Transform{a.o.Size, a.o.Window, a.shapes[0].Count()},
		Loudness: Loudness{finite(m.Momentary), finite(m.ShortTerm), finite(m.Integrated), m.Range, finite(m.MaxMomentary),
			finite(m.MaxShortTerm)}}
	for c, ch := range m.Channels {
		r.Channels = append(r.Channels, Channel{Peak: level(ch.Peak), TruePeak: level(ch.TruePeak), RMS: level(ch.RMS), DC: ch.DC,
			Clipped: ch.Clipped, Tone: a.tone(c)})
	}
	for _, x := range m.Correlation {
		r.Correlation = append(r.Correlation, finite(x))
	}
	if len(a.banks) > 0 {
		r.Bands = a.bands()
	}
	return r
}

func (a *Analysis) tone(channel int) *Tone {
	found := a.shapes[channel].FindTone(Low, High)
	if !found.Found {
		return nil
	}
	t := &Tone{Frequency: found.Frequency, Level: power(found.Power), THD: found.THD, THDN: found.THDN, SNR: finite(found.SNR()),
		Noise: power(found.Noise)}
	for _, p := range found.Harmonics {
		t.Harmonics = append(t.Harmonics, power(p))
	}
	return t
}

func (a *Analysis) bands() *Bands {
	b := &Bands{PerOctave: a.o.Bands}
	for _, band := range a.banks[0].Bands() {
		b.Names, b.Middles = append(b.Names, band.Name), append(b.Middles, band.Middle)
	}
	for _, bank := range a.banks {
		var levels []*float64
		for i := range b.Names {
			levels = append(levels, power(bank.Level(i)))
		}
		b.Levels = append(b.Levels, levels)
	}
	return b
}

func level(amplitude float64) *float64 { return finite(metering.DBFS(amplitude)) }
func power(p float64) *float64         { return finite(spectrum.DB(p)) }

// finite returns nil for what JSON has no number for.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}
