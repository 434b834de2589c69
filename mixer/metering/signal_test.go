package metering_test

import (
	"math"
	"math/rand/v2"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
)

// tone is a part of a signal: a sine of 1 kHz on all channels, with a level in dBFS for each of them or one for all.
type tone struct {
	seconds float64
	levels  []float64
}

func hush(seconds float64) tone { return tone{seconds: seconds} }

func at(seconds float64, levels ...float64) tone { return tone{seconds, levels} }

// stream synthesises a signal. The phase goes on from one tone to the next.
type stream struct {
	f      audio.Format
	begun  float64 // seconds
	played int     // frames
	second []float64
}

// next returns the frames of a tone.
func (s *stream) next(t tone) []float32 {
	s.begun += t.seconds
	frames := int(math.Round(s.begun*float64(s.f.Rate))) - s.played
	for i := len(s.second); i < s.f.Rate; i++ {
		s.second = append(s.second, math.Sin(2*math.Pi*1000*float64(i)/float64(s.f.Rate)))
	}
	block := make([]float32, frames*s.f.Channels)
	for c := range s.f.Channels {
		if len(t.levels) > 0 {
			amplitude := math.Pow(10, t.levels[c%len(t.levels)]/20)
			for i := range frames {
				block[i*s.f.Channels+c] = float32(amplitude * s.second[(s.played+i)%s.f.Rate])
			}
		}
	}
	s.played += frames
	return block
}

// feed gives a meter blocks of odd sizes.
func feed(m *metering.Meter, f audio.Format, frames []float32) {
	r := rand.New(rand.NewPCG(1, 2))
	for len(frames) > 0 {
		n := min(len(frames), (1+r.IntN(1000))*f.Channels)
		m.Measure(frames[:n])
		frames = frames[n:]
	}
}

// read returns a new reading.
func read(m *metering.Meter) (r metering.Reading) {
	m.Read(&r)
	return r
}

func format(rate, channels int, positions ...audio.Position) audio.Format {
	return audio.Format{Rate: rate, Channels: channels, Positions: audio.PositionsOf(positions...)}
}

func noise(r *rand.Rand, samples int) []float32 {
	block := make([]float32, samples)
	for i := range block {
		block[i] = r.Float32()*2 - 1
	}
	return block
}
