package measure

import "math"

// Path is what lies between a channel that is played and one that is recorded.
type Path struct {
	Found    bool    `json:"found"`          // something of what was played has come; else the rest is 0
	Latency  float64 `json:"latency_frames"` // of the largest peak, at the first frame recorded
	Level    float64 `json:"level_db"`       // of that peak; 0: as loud as it was played
	Total    float64 `json:"total_level_db"` // of the whole response: the power of what has come
	Polarity int     `json:"polarity"`       // 1, −1 if it is inverted; 0: the response has both alike
	SNR      float64 `json:"snr_db"`         // the peak over the noise in the response
	Drift    float64 `json:"drift_ppm"`      // by how much it comes later and later
	Full     float64 `json:"full_scale"`     // part of the samples recorded that is full scale: it clips
	// Response is the impulse response by delay in frames, of one period.
	Response []float64 `json:"-"`
}

// Limits of what is believed.
const (
	leastStrength = 7    // of the peak over the noise; chance reaches 5
	leastPeak     = 1e-6 // of the peak: below, it is rounding
	quietest      = -200 // dB, for silence
	alike         = 0.9  // how near the other polarity may come
	sureFull      = 0.9999
	leastPlayed   = 1e-6 // of full scale: what is quieter is in no recording
)

// Analyse compares what was recorded with the sequence, played with frames of ± amplitude. The first frame of
// recorded was recorded at the moment when the first of a period was played, and one period at least before
// it was played too. Of whole periods the mean counts; from two on, differences of the clocks are seen.
// Latency is known modulo the period, and may be less than 0 by a sixteenth of it. An amplitude below 10⁻⁶ of full
// scale is never found.
func (s *Sequence) Analyse(recorded []float32, amplitude float64) Path {
	n := s.Len()
	periods := len(recorded) / n
	if periods == 0 || !(amplitude >= leastPlayed) {
		return Path{}
	}
	y, full := clean(recorded[:periods*n], amplitude)
	h := s.mean(y)
	at, width, strength := locate(h)
	if strength < leastStrength || math.Abs(sumAround(h, at, width)) < leastPeak {
		return Path{Full: full}
	}
	p := Path{Found: true, Full: full}
	if periods > 1 {
		if p.Drift = s.drift(y, at, width); p.Drift != 0 {
			h = s.mean(stretch(y, n, 1+p.Drift))
			at, _, _ = locate(h)
		}
		p.Drift *= 1e6
	}
	p.describe(h, largestNear(h, at))
	return p
}

// clean scales to what was played, and returns the part of the samples that is full scale. What is no number,
// or absurd, counts as silence.
func clean(recorded []float32, amplitude float64) (y []float64, full float64) {
	y = make([]float64, len(recorded))
	for i, v := range recorded {
		x := math.Abs(float64(v))
		if x >= sureFull {
			full++
		}
		if x < 1e6 {
			y[i] = float64(v) / amplitude
		}
	}
	return y, full / float64(max(1, len(recorded)))
}

// mean returns the response of the mean of all periods.
func (s *Sequence) mean(y []float64) []float64 {
	period := make([]float64, s.Len())
	for i, v := range y {
		period[i%len(period)] += v
	}
	for i := range period {
		period[i] /= float64(len(y) / len(period))
	}
	return s.Response(period)
}

// describe fills in what the response says, whose largest value is at a delay.
func (p *Path) describe(h []float64, at int) {
	p.Response = h
	n := len(h)
	where, peak := summit(h, at)
	p.Latency = where
	if where > float64(n-n/16) {
		p.Latency -= float64(n)
	}
	noise := spread(h)
	p.Level, p.SNR = decibels(math.Abs(peak)), decibels(math.Abs(peak))-decibels(noise)
	energy, opposite := 0.0, 0.0
	for d := -n / 16; d < n/4; d++ {
		v := h[wrap(at+d, n)]
		energy += v*v - noise*noise
		if v*peak < 0 {
			opposite = max(opposite, math.Abs(v))
		}
	}
	p.Total = decibels(math.Sqrt(max(energy, 0)))
	switch {
	case opposite > alike*math.Abs(peak):
	case peak > 0:
		p.Polarity = 1
	default:
		p.Polarity = -1
	}
}

func decibels(x float64) float64 {
	if x <= 0 {
		return quietest
	}
	return max(quietest, 20*math.Log10(x))
}

// wrap returns a delay within the period.
func wrap(d, n int) int { return (d%n + n) % n }
