package null

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/loopbridge/loopbridge/audio"
)

// Source is what a null device records; backendtest.Counter is one.
type Source interface {
	// Fill writes whole frames of the device's format into block, starting with frame number first since Start.
	// Frames lost in an xrun (backend.Tick.Lost) are left out, as on a card. The engine's goroutine calls it in
	// Read: it must not block or allocate.
	Fill(block []byte, first uint64)
}

// Limits of a tone.
const (
	MinToneHz    = 1    // and less than half of the rate
	MinToneLevel = -144 // dBFS
)

// Tone returns a sine of hz, from MinToneHz to less than half of the rate, with its peaks at level
// dBFS, MinToneLevel..0, the same in all channels. audio.ErrInvalid: out of range. Frame i is
// sin(2π × i × hz ÷ rate), rounded once: the phase is an integer fraction, with hz to a millionth,
// so it does not drift, whatever i and wherever blocks end.
func Tone(f audio.Format, hz, level float64) (Source, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if !(hz >= MinToneHz && 2*hz < float64(f.Rate)) {
		return nil, audio.ErrInvalid.With("a tone of %v Hz is out of range; at %d Hz use %d to less than %v",
			hz, f.Rate, MinToneHz, float64(f.Rate)/2)
	}
	if !(level >= MinToneLevel && level <= 0) {
		return nil, audio.ErrInvalid.With("a level of %v dBFS is out of range; use %d..0", level, MinToneLevel)
	}
	return &tone{
		format: f,
		peak:   math.Pow(10, level/20),
		step:   uint64(math.Round(hz * toneUnits)),
		turn:   uint64(f.Rate) * toneUnits,
	}, nil
}

const (
	toneUnits  = 1_000_000 // in a hertz
	toneFrames = 128       // made at a time
)

type tone struct {
	format     audio.Format
	peak       float64
	step, turn uint64 // frame i is at i × step ÷ turn of a cycle
}

func (t *tone) Fill(block []byte, first uint64) {
	hi, lo := bits.Mul64(first, t.step)
	phase := bits.Rem64(hi, lo, t.turn)
	unit := 2 * math.Pi / float64(t.turn)
	frame, sample := t.format.FrameBytes(), t.format.Encoding.Bytes()
	var wide, one [8 * toneFrames]byte // of one channel
	for len(block) >= frame {
		n := min(toneFrames, len(block)/frame)
		for i := range n {
			binary.LittleEndian.PutUint64(wide[8*i:], math.Float64bits(t.peak*math.Sin(float64(phase)*unit)))
			if phase += t.step; phase >= t.turn {
				phase -= t.turn
			}
		}
		audio.Reencode(t.format.Encoding, audio.Float64LE, one[:], wide[:8*n])
		for i, at := 0, 0; i < n; i++ {
			for range t.format.Channels {
				at += copy(block[at:], one[i*sample:(i+1)*sample])
			}
		}
		block = block[n*frame:]
	}
}
