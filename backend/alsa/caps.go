package alsa

import (
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// Caps are the abilities of one direction of a PCM. Not all combinations need be possible.
type Caps struct {
	Encodings   []audio.Encoding
	Rates       [2]int // Hz, lowest and highest; not every rate in between need be possible
	Channels    [2]int
	Period      [2]int // frames
	Buffer      [2]int // frames
	Mapped      bool   // samples are copied through mapped memory
	Interleaved bool
}

// Describe opens a PCM for a moment and returns what it can do. It may block briefly. It returns
// the errors of Open.
func Describe(at card.Address, d audio.Direction) (c Caps, err error) {
	s, err := openHandle(at, d)
	if err != nil {
		return c, err
	}
	defer unix.Close(s.fd)
	p := abi.AnyParams()
	if err := p.Refine(s.fd); err != nil {
		return c, audio.ErrIO.With("%s: the card does not say what it can do: %v", at, err)
	}
	numbers := formats()
	for _, e := range audio.Encodings() {
		if p.Mask(abi.Format).Has(numbers[e]) {
			c.Encodings = append(c.Encodings, e)
		}
	}
	for param, span := range map[abi.Param]*[2]int{abi.Rate: &c.Rates, abi.Channels: &c.Channels,
		abi.PeriodSize: &c.Period, abi.BufferSize: &c.Buffer} {
		i := p.Interval(param)
		*span = [2]int{i.Low(), i.High()}
	}
	access := p.Mask(abi.Access)
	c.Mapped = access.Has(abi.MmapInterleaved) || access.Has(abi.MmapNoninterleaved)
	c.Interleaved = access.Has(abi.MmapInterleaved) || access.Has(abi.RWInterleaved)
	return c, nil
}
