package alsa

import (
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// Caps are what one direction of a PCM can do, each by itself.
type Caps struct {
	Encodings   []audio.Encoding
	Rates       [2]int // Hz, least and most; what is between them need not be possible
	Channels    [2]int
	Period      [2]int // frames
	Buffer      [2]int // frames
	Mapped      bool   // frames are moved in the card's memory
	Interleaved bool
}

// Describe asks a PCM what it can do, for which it has to open it for a moment. It may
// block shortly. Errors as for Open.
func Describe(at card.Address, d audio.Direction) (c Caps, err error) {
	s, err := openSub(at, d == audio.Play)
	if err != nil {
		return c, err
	}
	defer unix.Close(s.fd)
	p := abi.AnyParams()
	if err := p.Refine(s.fd); err != nil {
		return c, audio.ErrIO.With("%s: the card cannot say what it can: %v", at, err)
	}
	numbers := formats()
	for _, e := range audio.Encodings() {
		if p.Mask(abi.Format).Has(numbers[e]) {
			c.Encodings = append(c.Encodings, e)
		}
	}
	for param, span := range map[abi.Param]*[2]int{abi.Rate: &c.Rates, abi.Channels: &c.Channels, abi.PeriodSize: &c.Period, abi.BufferSize: &c.Buffer} {
		i := p.Interval(param)
		*span = [2]int{i.Low(), i.High()}
	}
	access := p.Mask(abi.Access)
	c.Mapped = access.Has(abi.MmapInterleaved) || access.Has(abi.MmapNoninterleaved)
	c.Interleaved = access.Has(abi.MmapInterleaved) || access.Has(abi.RWInterleaved)
	return c, nil
}
