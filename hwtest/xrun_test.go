package hwtest_test

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// streamRamps is a tone that is not served for a while, in which the buffer runs empty: for
// so long that the card is stopped, and for some milliseconds more than it has to play.
// Nowhere is the tone heard to jump.
func streamRamps(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		for _, period := range []int{480, 256} {
			b.rampsAtXruns(ear, wish(ear, period))
		}
	}
}

func (b *bench) rampsAtXruns(ear plan.Ear, w backend.Config) {
	b.Helper()
	s := b.stream(w, ear.PCM)
	g := s.Granted()
	what := fmt.Sprintf("hw:%s,%d at %d/%d", b.card.ID, ear.PCM, g.Period, g.Periods)
	buffer := time.Duration(g.Period*g.Periods) * time.Second / time.Duration(ear.Rate)
	away := []time.Duration{200 * time.Millisecond, buffer + 25*time.Millisecond}
	left := away
	heard, lost := b.hearsStream(ear, s, quadrature(ear.Rate, 2*ear.Rate), func(written uint64) {
		if len(left) > 0 && written >= uint64(ear.Rate/2*(1+len(away)-len(left))) {
			time.Sleep(left[0])
			left = left[1:]
		}
	})
	if len(lost) == 0 || len(lost) > len(away) { // what moves in long steps may survive the shorter one
		b.Fatalf("%s: xruns cost %d frames, want %d of them", what, lost, len(away))
	}
	// Between two frames a tone that fades moves no further than the tone does, or the ramp.
	most := 1.01*toneAmplitude*2*math.Pi*toneHertz/float64(ear.Rate) + 0.001
	var worst float64
	var silence []int
	for c := range g.Format.Channels {
		x := heard.Channel(c)
		for len(x) > 0 && x[0] != 0 { // a card may begin with a rest of what it played before
			x = x[1:]
		}
		at := 0
		for i := 1; i < len(x); i++ {
			if step := math.Abs(x[i] - x[i-1]); step > worst {
				worst, at = step, i
			}
		}
		spans := hear.Spans(x, quiet, ear.Rate/200)
		if worst > most || len(spans) != len(lost)+1 {
			b.Errorf("%s, channel %d: a step of %.4f at frame %d, want %.4f at most; heard are %v", what, c, worst, at, most, spans)
			return
		}
		silence = nil
		for i, span := range spans {
			ramp := ear.Rate / 100
			if breaks := hear.Breaks(x[span.From+ramp:span.To-ramp], ear.Rate); ear.Period == 0 && len(breaks) > 0 { // that emulation keeps no order
				b.Errorf("%s, channel %d: the tone breaks at %v", what, c, breaks)
			}
			if i > 0 {
				silence = append(silence, span.From-spans[i-1].To)
			}
		}
	}
	b.say("%s: not served for %v, %d frames are lost, silence of %d, the largest step is %.4f of %.4f", what, away, lost, silence, worst, most)
}

// quadrature is a tone whose right channel is a quarter of its period early, so that one of
// both is loud at any moment. It fades in and out.
func quadrature(rate, frames int) []byte {
	f := hear.CountFormat(rate)
	x := make([]float32, 2*frames)
	for i := range frames {
		level := toneAmplitude * min(1, 100*float64(i)/float64(rate), 100*float64(frames-i)/float64(rate))
		sin, cos := math.Sincos(2 * math.Pi * toneHertz * float64(i) / float64(rate))
		x[2*i], x[2*i+1] = float32(level*sin), float32(level*cos)
	}
	pcm := make([]byte, frames*f.FrameBytes())
	f.Encoding.Encode(pcm, x, nil)
	return pcm
}

// streamSplices plays a tone on one side of the card and records it on the other. First who
// records is not served for a while: the gap is left out, and what comes after it follows what
// came before without a step. Then it is who plays, and records at the same time: the tone ends
// and begins on a ramp.
func streamSplices(b *bench) {
	for _, player := range []bool{false, true} {
		who, pieces := "the recorder", 1
		if player {
			who, pieces = "the player, in both directions,", 2
		}
		heard, lost := b.overLoop(player)
		rate := heard.Format.Rate
		most := 1.01*toneAmplitude*2*math.Pi*toneHertz/float64(rate) + 0.001
		var worst float64
		for c := range 2 {
			x := heard.Channel(c)
			for i := 1; i < len(x); i++ {
				worst = max(worst, math.Abs(x[i]-x[i-1]))
			}
			if tone := hear.Spans(x, quiet, rate/200); len(tone) != pieces || tone[0].From > rate/100 || tone[pieces-1].To < len(x)-rate/100 {
				b.Errorf("%s channel %d: recorded is sound at %v of %d, want %d pieces", who, c, tone, len(x), pieces)
			}
		}
		if worst > most {
			b.Errorf("%s: a step of %.4f, want %.4f at most", who, worst, most)
		}
		b.say("%s not served for %v: %d frames are lost, the largest step is %.4f of %.4f", who, notServed, lost, worst, most)
	}
}

const notServed = 200 * time.Millisecond

// overLoop is a second of a tone that one side of the card plays, as the other side records
// it; one of both is not served for a while in the middle of it.
func (b *bench) overLoop(stopPlayer bool) (heard hear.Sound, lost []uint64) {
	b.Helper()
	config := backend.Config{Play: true, Record: stopPlayer, Format: hear.CountFormat(48000), Period: 480, Periods: 3}
	player := b.stream(config, 0)
	config.Play, config.Record = false, true
	recorder := b.stream(config, 1)
	defer player.Close()
	defer recorder.Close()
	sound, pcm, room := quadrature(48000, 5*48000), present(4*48000), make([]byte, 4*3*480)
	half, stop := make(chan struct{}), make(chan struct{})
	played := make(chan echoed, 1)
	away := func() {
		select {
		case <-half:
			time.Sleep(notServed)
			half = nil
		default:
		}
	}
	go func() {
		lost, err := engine(player, func(t backend.Tick) (bool, error) {
			if stopPlayer {
				away()
				if _, err := player.Read(room[:4*t.Readable]); err != nil {
					return false, err
				}
			}
			n := min(4*t.Writable, len(sound))
			err := put(player, sound[:n])
			sound = sound[n:]
			select {
			case <-stop:
				return false, err
			default:
				return len(sound) > 0, err
			}
		})
		played <- echoed{lost, err}
	}()
	part, halved := pcm, false
	lost, err := engine(recorder, func(t backend.Tick) (bool, error) {
		n := min(4*t.Readable, len(part))
		if _, err := recorder.Read(part[:n]); err != nil {
			return false, err
		}
		if len(part) == len(pcm) && len(bytes.Trim(part[:n], "\x00")) == 0 {
			return true, nil // it does not sound yet
		}
		if part = part[n:]; !halved && len(part) < len(pcm)/2 {
			halved = true
			close(half)
		}
		if !stopPlayer && halved {
			away()
		}
		return len(part) > 0, nil
	})
	close(stop)
	other := <-played
	if stopPlayer {
		lost, other.lost = other.lost, lost
	}
	if err != nil || other.err != nil || len(lost) != 1 || len(other.lost) > 0 {
		b.Fatalf("%v, %v; xruns: %s, want one, and of who is served: %s", err, other.err, costs(lost), costs(other.lost))
	}
	return hear.Sound{Format: config.Format, PCM: pcm}, lost
}
