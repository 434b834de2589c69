package hwtest_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/hwtest/hear"
)

// relayed is a stream of package alsa that is handed over again and again, each time to one that maps the card's memory
// anew, as another process would.
type relayed struct {
	backend.Stream
	at  card.Address
	old []backend.Stream
}

// hand makes another stream go on with the open card, after a time in which nobody serves it.
func (r *relayed) hand(away time.Duration) error {
	h, err := backendtest.HandOver(r.Stream)
	if err != nil {
		return err
	}
	time.Sleep(away)
	next, at, err := alsa.Resume(h)
	if err != nil {
		return err
	}
	r.old = append(r.old, r.Stream)
	r.Stream = next
	if at != r.at || next.Granted() != r.old[0].Granted() {
		return fmt.Errorf("it goes on as %s with %+v, and was %s with %+v", at, next.Granted(), r.at, r.old[0].Granted())
	}
	return nil
}

// Close closes what goes on first: the others would be gone with their process.
func (r *relayed) Close() error {
	err := r.Stream.Close()
	for _, s := range r.old {
		err = errors.Join(err, s.Close())
	}
	return err
}

// streamGoesOn hands a playing stream over. In the time that its buffer holds nobody hears that; after a longer one
// there is one gap.
func streamGoesOn(b *bench) {
	const away = 200 * time.Millisecond
	ear := b.card.Ears[0]
	if ear.Period > 0 {
		b.without("its emulation does not keep frames in order")
	}
	at := card.Address{Card: b.card.Number, Device: ear.PCM}
	for _, away := range []time.Duration{0, away} {
		b.open(ear)
		r := &relayed{Stream: b.stream(wish(ear, 480), ear.PCM), at: at}
		g := r.Granted()
		frames, times, last, failed := 3*ear.Rate, 0, uint64(0), error(nil)
		heard, lost := b.hearsStream(ear, r, hear.Count(1, frames), func(written uint64) {
			if most := 10; written >= last+uint64(ear.Rate/5) && failed == nil && times < most {
				if last = written; away == 0 {
					failed = r.hand(0)
				} else if times == 2 {
					failed, times = r.hand(away), most
				}
				times++
			}
		})
		if failed != nil {
			b.Fatalf("handed over %d times: %v", times, failed)
		}
		what := fmt.Sprintf("hw:%s,%d handed over %d times, %v each", b.card.ID, ear.PCM, len(r.old), away)
		pcm := fromFirst(heard.PCM)
		if away == 0 {
			b.follow(what, pcm, frames)
			if len(lost) > 0 {
				b.Errorf("%s: xruns: %s", what, costs(lost))
			}
			continue
		}
		// What waits is played as soon as it can be, and so less is lost than the time without a program; where the buffer
		// is as short as what a bus takes at once, no more can be.
		most := uint64(away.Seconds()*float64(ear.Rate)) + uint64(g.Period)
		least := most - uint64(g.Period*(g.Periods+1))
		if len(lost) != 1 || lost[0] < least || lost[0] > most {
			b.Errorf("%s: xruns cost %d frames, want one of %d to %d", what, lost, least, most)
		}
		b.say("%s: an xrun cost %d frames", what, lost)
		got := hear.Follow(pcm[:lastOf(pcm, frames)])
		if got.First != 1 || got.Last != uint32(frames) {
			b.Errorf("%s: frames %d to %d came, want 1 to %d", what, got.First, got.Last, frames)
		}
	}
}
