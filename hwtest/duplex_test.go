package hwtest_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/hwtest/hear"
)

// longPlay is a minute, or 10 s where the same is not to be proven twice, in frames at 48000 Hz.
func longPlay() int {
	if !thorough() {
		return 10 * 48000
	}
	return 60 * 48000
}

// thorough reports whether there is time for all.
func thorough() bool { return os.Getenv(longRun) != "" }

// once ends a case on all cards but one, unless there is time for all.
func (b *bench) once(card string) {
	b.Helper()
	if b.card.ID != card && !thorough() {
		b.without("make hwtest-vm does that; make test does it on hw:" + card)
	}
}

// duplex is a stream in both directions, in periods of 256.
func (b *bench) duplex(pcm, rate int) backend.Stream {
	b.Helper()
	s := b.stream(backend.Config{Play: true, Record: true, Format: hear.CountFormat(rate), Period: 256, Periods: 3}, pcm)
	if g := s.Granted(); g.Period != 256 || g.Periods != 3 {
		b.Fatalf("granted are %d periods of %d", g.Periods, g.Period)
	}
	return s
}

// exchange plays sound, then silence, and records until heard is full. It has all its
// memory before.
func exchange(s backend.Stream, sound, heard []byte, tick func(backend.Tick)) (lost []uint64, err error) {
	g := s.Granted()
	block := make([]byte, 4*g.Period*g.Periods)
	return engine(s, func(t backend.Tick) (bool, error) {
		if tick != nil {
			tick(t)
		}
		part := block[:4*t.Readable]
		if n, err := s.Read(part); err != nil || n != t.Readable {
			return false, fmt.Errorf("%d frames of %d were read: %v", n, t.Readable, err)
		}
		heard = heard[copy(heard, part):]
		clear(block)
		sound = sound[copy(block[:4*t.Writable], sound):]
		return len(heard) > 0, put(s, block[:4*t.Writable])
	})
}

// echo plays what a stream records until stop is closed. The result follows.
func echo(s backend.Stream, stop <-chan struct{}) <-chan echoed {
	result := make(chan echoed, 1)
	block := make([]byte, 4*s.Granted().Period*s.Granted().Periods)
	go func() {
		lost, err := engine(s, func(t backend.Tick) (bool, error) {
			part := block[:4*t.Readable]
			if n, err := s.Read(part); err != nil || n != t.Readable {
				return false, fmt.Errorf("%d frames of %d were read: %v", n, t.Readable, err)
			}
			select {
			case <-stop:
				return false, nil
			default:
			}
			return true, put(s, part[:4*min(t.Readable, t.Writable)])
		})
		result <- echoed{lost, err}
	}()
	return result
}

type echoed struct {
	lost []uint64
	err  error
}

// present is memory that is there: a page that is touched for the first time costs a
// processor of 250 MIPS milliseconds.
func present(bytes int) []byte {
	memory := make([]byte, bytes)
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = 1
	}
	clear(memory)
	debug.FreeOSMemory() // not while it is used
	return memory
}

// thereAndBack plays numbered frames on one side of the card, has the other side echo them, and
// checks what comes back.
func (b *bench) thereAndBack(frames int, tick func(backend.Tick)) (ticks, xruns int) {
	b.Helper()
	near, far := b.duplex(0, 48000), b.duplex(1, 48000)
	defer near.Close()
	defer far.Close()
	const lead = 9600 // frames of silence: the echo may begin later
	sound := slices.Concat(make([]byte, 4*lead), hear.Count(1, frames))
	heard := present(len(sound) + 4*lead)
	stop := make(chan struct{})
	other := echo(far, stop)
	lost, err := exchange(near, sound, heard, func(t backend.Tick) {
		ticks++
		if tick != nil {
			tick(t)
		}
	})
	close(stop)
	e := <-other
	if err != nil || e.err != nil {
		b.Fatalf("the player: %v; the echo: %v", err, e.err)
	}
	if len(lost)+len(e.lost) > 0 {
		b.Errorf("xruns: the player %s, the echo %s", costs(lost), costs(e.lost))
	}
	b.follow("there and back", heard, frames)
	return ticks, len(lost) + len(e.lost)
}

// streamEchoes plays and records for long at once.
func streamEchoes(b *bench) {
	frames := longPlay()
	ticks, xruns := b.thereAndBack(frames, nil)
	b.say("%d s at 256/3, %d ticks, %d xruns", frames/48000, ticks, xruns)
}

// streamListens is long in both directions on a card that nobody hears, and that records
// silence: as many frames as it plays.
func streamListens(b *bench) {
	caps, err := alsa.Describe(card.Address{Card: b.card.Number}, audio.Record)
	if err != nil || b.card.Loop || !slices.Contains(caps.Encodings, audio.S16LE) {
		b.without("its recordings are examined in another case, or it has no 16 bits")
	}
	s := b.duplex(0, 48000)
	frames := longPlay()
	heard := present(4 * frames)
	ticks := 0
	lost, err := exchange(s, hear.Count(1, frames), heard, func(backend.Tick) { ticks++ })
	if err != nil || len(lost) > 0 {
		b.Errorf("%v; xruns: %s", err, costs(lost))
	}
	if len(bytes.Trim(heard, "\x00")) > 0 {
		b.Errorf("it records something where there is nothing")
	}
	b.say("%d s at 256/3, %d ticks, %d xruns, %d frames recorded", frames/48000, ticks, len(lost), frames)
}

// streamPlaysLong is heard frame by frame.
func streamPlaysLong(b *bench) {
	ear := b.card.Ears[0]
	if ear.Period > 0 || ear.Rate != 48000 {
		b.without("its emulation does not keep frames in order, or has another rate")
	}
	b.open(ear)
	s := b.stream(wish(ear, 256), ear.PCM)
	frames := longPlay()
	sound := hear.Count(1, frames)
	debug.FreeOSMemory()
	heard, lost := b.hearsStream(ear, s, sound, nil)
	if len(lost) > 0 {
		b.Errorf("xruns: %s", costs(lost))
	}
	b.follow(fmt.Sprintf("%d s on hw:%s,%d at 256/3, %d xruns,", frames/48000, b.card.ID, ear.PCM, len(lost)), fromFirst(heard.PCM), frames)
}

// pace is what the clock of a card does against that of the machine: the slope of a line
// through its ticks.
type pace struct {
	from            backend.Tick
	n, x, y, xx, xy float64
}

func (p *pace) tick(t backend.Tick) {
	if p.n == 0 {
		p.from = t
	}
	x, y := float64(t.Time-p.from.Time)/1e9, float64(t.Position-p.from.Position)
	p.n++
	p.x += x
	p.y += y
	p.xx += x * x
	p.xy += x * y
}

// rate is in Hz.
func (p *pace) rate() float64 { return (p.n*p.xy - p.x*p.y) / (p.n*p.xx - p.x*p.x) }

// shiftRate makes the clocks of snd-aloop fast or slow; its control stretches time.
func (b *bench) shiftRate(ppm int) {
	b.Helper()
	for device := range 2 {
		b.amixer("cset", fmt.Sprintf("iface=PCM,name='PCM Rate Shift 100000',device=%d", device), fmt.Sprint(100000-ppm/10))
	}
}

// streamFollowsRate is a card whose clock is not quite that of the machine.
func streamFollowsRate(b *bench) {
	defer b.shiftRate(0)
	for _, ppm := range []int{0, 200, -200} {
		b.shiftRate(ppm)
		var p pace
		_, xruns := b.thereAndBack(10*48000, p.tick)
		got := (p.rate()/48000 - 1) * 1e6
		b.say("%+d ppm: its clock does %+.0f ppm, %d xruns", ppm, got, xruns)
		if math.Abs(got-float64(ppm)) > 30 {
			b.Errorf("the clock of the stream does %+.1f ppm, want %+d", got, ppm)
		}
	}
}
