package hear

import (
	"bufio"
	"errors"
	"io"
	"math"
	"os"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// Sound is a recording.
type Sound struct {
	Format audio.Format
	PCM    []byte // whole frames
}

// Read reads a WAV file as far as it is written: it may still grow, and its header may
// hold no lengths, or wrong ones, because who wrote it was killed.
func Read(file string) (Sound, error) {
	f, err := os.Open(file)
	if err != nil {
		return Sound{}, err
	}
	defer f.Close()
	return read(bufio.NewReader(f))
}

func read(r io.Reader) (Sound, error) {
	w, err := wav.NewReader(r)
	if err != nil {
		return Sound{}, err
	}
	s := Sound{Format: w.Format()}
	block := make([]byte, 4096*s.Format.FrameBytes())
	for {
		n, err := w.ReadFrames(block)
		s.PCM = append(s.PCM, block[:n*s.Format.FrameBytes()]...)
		switch {
		case err == io.EOF, errors.Is(err, audio.ErrInvalid): // cut off: what there is, is there
			return s, nil
		case err != nil:
			return s, err
		}
	}
}

// Frames is its length.
func (s Sound) Frames() int { return len(s.PCM) / s.Format.FrameBytes() }

// From leaves out so many frames, or all if it has no more.
func (s Sound) From(frames int) Sound {
	skip := min(frames*s.Format.FrameBytes(), len(s.PCM))
	return Sound{s.Format, s.PCM[skip:]}
}

// Channel is one channel, of -1 to 1.
func (s Sound) Channel(c int) []float64 {
	samples := make([]float32, s.Frames()*s.Format.Channels)
	s.Format.Encoding.Decode(samples, s.PCM)
	x := make([]float64, s.Frames())
	for i := range x {
		x[i] = float64(samples[i*s.Format.Channels+c])
	}
	return x
}

// Span is a part of a recording: frames From to To, without the latter.
type Span struct{ From, To int }

// Frames is its length.
func (s Span) Frames() int { return s.To - s.From }

// Spans are the parts that are louder than a level in dBFS. A pause splits them only if it
// is longer than so many frames.
func Spans(x []float64, level float64, pause int) (all []Span) {
	floor := math.Pow(10, level/20)
	for i, v := range x {
		if math.Abs(v) <= floor {
			continue
		}
		if n := len(all); n > 0 && i-all[n-1].To <= pause {
			all[n-1].To = i + 1
		} else {
			all = append(all, Span{i, i + 1})
		}
	}
	return all
}

// Level is the mean power in dBFS, without what is constant.
func Level(x []float64) float64 {
	var sum, power float64
	for _, v := range x {
		sum += v
		power += v * v
	}
	n := float64(len(x))
	return 10 * math.Log10(2*(power/n-(sum/n)*(sum/n)))
}
