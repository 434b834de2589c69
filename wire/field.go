package wire

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Put writes s into a field of zero-terminated text and cuts it between runes if it is too long.
func Put(field []byte, s string) {
	clear(field)
	if cut := len(field) - 1; len(s) > cut {
		for back := 0; back < utf8.UTFMax-1 && cut > 0 && !utf8.RuneStart(s[cut]); back++ {
			cut--
		}
		s = s[:cut]
	}
	copy(field, s)
}

// Text returns what Put wrote.
func Text(field []byte) string {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return string(field)
}

// FormatOf converts f for the wire.
func FormatOf(f audio.Format) Format {
	return Format{
		Rate: uint32(f.Rate), Channels: uint32(f.Channels), Encoding: uint32(f.Encoding),
		Positions: PositionsOf(f.Positions),
	}
}

// Audio converts a format from the wire. Validate refuses the result for numbers that no format
// has.
func (f Format) Audio() audio.Format {
	return audio.Format{
		Rate: clip(f.Rate), Channels: clip(f.Channels), Encoding: audio.Encoding(min(f.Encoding, 255)),
		Positions: Positions(f.Positions),
	}
}

// PositionsOf converts p for the wire.
func PositionsOf(p audio.Positions) (w [MaxPositions]uint8) {
	for i, x := range p {
		w[i] = uint8(x)
	}
	return w
}

// Positions converts positions from the wire without checking them.
func Positions(w [MaxPositions]uint8) (p audio.Positions) {
	for i, x := range w {
		p[i] = audio.Position(x)
	}
	return p
}

// mostFrames limits the period or buffer of a request.
const mostFrames = 1<<31 - 1

func clip(n uint32) int { return int(min(n, mostFrames)) }

func frames(n int) uint32 { return uint32(min(max(0, n), mostFrames)) }

// DirectionOf returns the bits for what a program does with an end: 1 it reads, 2 it writes.
func DirectionOf(d audio.Direction) uint32 { return uint32(swapBits(d)) }

// Direction is the inverse of DirectionOf; bits that mean nothing stay, to be refused.
func Direction(bits uint32) audio.Direction {
	return swapBits(audio.Direction(min(bits, 255)))
}

func swapBits(d audio.Direction) audio.Direction { return d&^3 | d&1<<1 | d&2>>1 }

func flag(set bool) uint32 {
	if set {
		return 1
	}
	return 0
}

// Options returns the options that an Open asks for.
func (o *Open) Options() pcm.Options {
	return pcm.Options{
		Role: pcm.Role(min(o.Role, 255)), Direction: Direction(o.Direction), Format: o.Format.Audio(),
		Period: int(o.Period), Buffer: int(o.Buffer), Unsettled: o.Unsettled != 0, Wait: time.Duration(o.Wait),
	}
}

// OpenOf returns a request for an end of a loop, or ErrNoDevice for an impossible name.
func OpenOf(loop string, o pcm.Options) (Open, error) {
	if len(loop) >= NameBytes || strings.IndexByte(loop, 0) >= 0 {
		return Open{}, audio.ErrNoDevice.With(
			"a loop's name must have at most %d bytes and no zero byte, unlike %q", NameBytes-1, loop)
	}
	w := Open{
		Role: uint32(o.Role), Direction: DirectionOf(o.Direction), Format: FormatOf(o.Format),
		Period: frames(o.Period), Buffer: frames(o.Buffer), Unsettled: flag(o.Unsettled),
		Wait: max(int64(pcm.Forever), int64(o.Wait)),
	}
	Put(w.Loop[:], loop)
	return w, nil
}

// Options returns the options that a Setup asks for.
func (s *Setup) Options() pcm.Setup {
	return pcm.Setup{Format: s.Format.Audio(), Period: int(s.Period), Buffer: int(s.Buffer)}
}

// SetupOf returns a request for these options.
func SetupOf(s pcm.Setup) Setup {
	return Setup{Format: FormatOf(s.Format), Period: frames(s.Period), Buffer: frames(s.Buffer)}
}

// PauseOf returns a request to pause, or to continue.
func PauseOf(on bool) Pause { return Pause{On: flag(on)} }
