package probe

import (
	"context"

	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/measure"
)

// player writes into an end without a pause: silence, then the sequence on one channel.
type player struct {
	p         *pcm.PCM
	seq       *measure.Sequence
	amplitude float32
	orders    chan int    // channels to begin with
	began     chan uint64 // the positions where they did
}

func newPlayer(p *pcm.PCM, seq *measure.Sequence, amplitude float64) *player {
	return &player{
		p: p, seq: seq, amplitude: float32(amplitude), orders: make(chan int), began: make(chan uint64, 1),
	}
}

// begin starts the sequence on a channel, and returns the position of its first frame.
func (pl *player) begin(ctx context.Context, channel int) (start uint64, err error) {
	select {
	case pl.orders <- channel:
		return <-pl.began, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// run writes until ctx ends.
func (pl *player) run(ctx context.Context) error {
	f := pl.p.Format()
	frames := max(1, int(f.Frames(pcm.DefaultPeriod)))
	samples := make([]float32, frames*f.Channels)
	block := make([]byte, frames*f.FrameBytes())
	channel, at := -1, 0 // in the sequence
	for ctx.Err() == nil {
		select {
		case channel = <-pl.orders:
			at = 0
			pl.began <- pl.p.Position()
		default:
		}
		clear(samples)
		if channel >= 0 {
			for i := range frames {
				samples[i*f.Channels+channel] = pl.amplitude * pl.seq.At(at+i)
			}
			at = (at + frames) % pl.seq.Len()
		}
		f.Encoding.Encode(block, samples, nil)
		if n, err := pl.p.Write(ctx, block); err != nil || n < frames {
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			_, err = pl.p.Write(ctx, block[n*f.FrameBytes():]) // says why the first was short
			return err
		}
	}
	return nil
}
