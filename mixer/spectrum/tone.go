package spectrum

import "math"

// Tone is what was found of the loudest sine. Powers are relative to a sine of full scale; DB tells them in dBFS.
type Tone struct {
	Found     bool    // there is something at all
	Frequency float64 // Hz
	Power     float64
	// Harmonics are the powers at 2, 3, 4 … times the frequency, as far as they are between the limits, up to the tenth.
	Harmonics []float64
	THD       float64 // amplitude of all harmonics, as a part of that of the sine (IEC 60268-3)
	THDN      float64 // amplitude of all between the limits but the sine, as a part of that of all (AES17)
	Noise     float64 // power of all between the limits but the sine and its harmonics
}

// SNR returns the power of the sine over that of the noise in dB, +Inf without noise.
func (t Tone) SNR() float64 { return DB(t.Power / t.Noise) }

// mostHarmonics is up to which multiple harmonics are looked for.
const mostHarmonics = 10

// FindTone measures the loudest sine between two limits in Hz, in the mean of the spectra. Bins that belong to the sine or
// to a harmonic tell nothing of the noise below; they count as its mean in the others. Found is false of silence.
func (a *Analyser) FindTone(low, high float64) (t Tone) {
	lobe := a.c.Window.Lobe()
	first := max(int(math.Ceil(low/a.BinWidth())), lobe+1)
	last := min(int(high/a.BinWidth()), len(a.power)-2)
	peak := first
	for i := first; i <= last; i++ {
		if a.power[i] > a.power[peak] {
			peak = i
		}
	}
	if peak > last || a.power[peak] == 0 {
		return t
	}
	place := float64(peak) + a.aside(peak)
	t = Tone{Found: true, Frequency: place * a.BinWidth()}
	taken := make([]bool, len(a.power))
	t.Power = a.take(taken, place, lobe)
	for n := 2; n <= mostHarmonics && float64(n)*place <= float64(last); n++ {
		t.Harmonics = append(t.Harmonics, a.take(taken, float64(n)*place, lobe))
	}
	rest, free := 0.0, 0
	for i := first; i <= last; i++ {
		if !taken[i] {
			rest, free = rest+a.power[i]/a.noise, free+1
		}
	}
	floor := 0.0 // noise in one bin
	if free > 0 {
		floor = rest / float64(free)
	}
	t.Noise = floor * float64(last-first+1)
	distortion := 0.0
	for i, p := range t.Harmonics {
		t.Harmonics[i] = max(0, p-floor*float64(2*lobe+1))
		distortion += t.Harmonics[i]
	}
	t.THD = math.Sqrt(distortion / t.Power)
	t.THDN = math.Sqrt((distortion + t.Noise) / (t.Power + distortion + t.Noise))
	return t
}

// take returns the power around a place, in bins, and marks the bins as taken. A bin counts once.
func (a *Analyser) take(taken []bool, place float64, lobe int) (power float64) {
	middle := int(math.Round(place))
	for i := max(0, middle-lobe); i <= min(len(a.power)-1, middle+lobe); i++ {
		if !taken[i] {
			taken[i] = true
			power += a.power[i] / a.noise
		}
	}
	return power
}

// aside returns how far a sine is beside the bin where it is loudest, −0.5 to 0.5: where the window would leave as much
// in the bins at both sides as there is.
func (a *Analyser) aside(peak int) float64 {
	left, right := math.Sqrt(a.power[peak-1]), math.Sqrt(a.power[peak+1])
	low, high := -0.5, 0.5
	for range 50 {
		d := (low + high) / 2
		if a.c.Window.at(1-d)*left > a.c.Window.at(1+d)*right { // the sine is too far to the right
			high = d
		} else {
			low = d
		}
	}
	return (low + high) / 2
}
