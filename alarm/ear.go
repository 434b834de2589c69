package alarm

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
	"github.com/loopbridge/loopbridge/tap"
)

// ear cuts the sound of a place into windows, and knows for how long none came. Its methods need the lock of the alarm.
//
// The time of the alarm is that of the frames. A gap in which none came counts, too: the place rests. Frames that were
// only late come in a burst after the gap, and must not count again.
type ear struct {
	rate, channels int
	format         audio.Format
	want           metering.Want
	forgets        bool // what was before a rest, as the windows of loudness do
	meter          *metering.Meter
	window         int // frames of a finding
	filled         int // of the window
	reading        metering.Reading
	position       uint64 // frames since begin

	last   time.Duration // when the last frames were played or recorded
	block  time.Duration // how long they were
	rested time.Duration // of the time since then, counted already as a rest

	owed  time.Duration // of a rest that is over, which may have been a delay
	until time.Duration // then it was a rest
	ahead time.Duration // by how much the frames since then are longer than the time that passed
	twice time.Duration // of the frames that come next, counted already
}

// doubt is for how long after a rest frames may come that belong before its end. A hub has room for less.
const doubt = time.Second

// begin prepares for a format, or for nothing.
func (e *ear) begin(c *Condition, s *Spec, f audio.Format) {
	e.rate, e.channels, e.format, e.position, e.filled, e.meter = f.Rate, f.Channels, f, 0, 0, nil
	e.want, e.forgets = metering.Levels, false
	if c.loud {
		e.want, e.forgets = metering.Loudness, s.Window != Integrated
	}
	if f.Channels > 0 {
		e.meter = metering.New(f, e.want)
		e.window = max(1, int(f.Frames(c.window)))
	}
}

// hear calls found for each window that is complete now, with the time that it is long.
func (e *ear) hear(frames []float32, found func(*metering.Reading, time.Duration)) {
	for len(frames) > 0 && e.meter != nil {
		n := min(len(frames)/e.channels, e.window-e.filled)
		if n == 0 {
			return
		}
		e.meter.Measure(frames[:n*e.channels])
		frames, e.filled = frames[n*e.channels:], e.filled+n
		if e.filled == e.window {
			e.meter.Read(&e.reading)
			found(&e.reading, e.pass(e.window))
			e.filled = 0
		}
	}
}

// pass returns how long some frames are; what was rounded is not lost.
func (e *ear) pass(frames int) time.Duration {
	before := e.at()
	e.position += uint64(frames)
	return e.at() - before
}

func (e *ear) at() time.Duration {
	return time.Duration(audio.MulDiv(e.position, uint64(time.Second), uint64(e.rate)))
}

// came notes that frames came, and returns how long the place has rested before them and was not yet counted.
func (e *ear) came(now time.Duration, frames int) (gap time.Duration) {
	length := time.Duration(audio.MulDiv(uint64(frames), uint64(time.Second), uint64(max(1, e.rate))))
	since := now - e.last
	switch {
	case since >= e.patience():
		gap = since - length - e.rested
		e.twice = min(max(0, -gap), e.rested)
		e.owed, e.until, e.ahead = max(0, e.rested+gap), now+doubt, 0
	case now < e.until:
		if e.ahead += length - since; e.ahead > 0 {
			more := min(e.ahead, e.owed)
			e.twice, e.owed, e.ahead = e.twice+more, e.owed-more, 0
		}
	default:
		e.owed = 0
	}
	e.last, e.block, e.rested = now-e.early(since, length), length, 0
	return max(0, gap)
}

// early returns how long before they came the frames had ended, if those that came before came at once: a turn of the hub
// brings less if the sound has ended since the turn before. It forgets jitter and drift.
func (e *ear) early(since, length time.Duration) time.Duration {
	if since >= e.patience() {
		return 0
	}
	return min(max(0, since-length)*7/8, tap.Every)
}

// forgive takes from a time of frames what a rest has counted already.
func (e *ear) forgive(d time.Duration) time.Duration {
	twice := min(d, e.twice)
	e.twice -= twice
	return d - twice
}

// rest returns how long the place has rested and was not yet counted, rounded to a turn of the hub; 0: it does not rest.
// What was heard before is forgotten.
func (e *ear) rest(now time.Duration) (gap time.Duration) {
	since := now - e.last
	if since < e.patience() {
		return 0
	}
	since += tap.Every / 2
	if e.meter != nil && e.rested == 0 {
		if e.meter.Read(&e.reading); e.forgets {
			e.meter = metering.New(e.format, e.want)
		}
		e.filled = 0
	}
	gap = since - e.rested
	e.rested = since
	return gap
}

// patience is how long the place may be quiet until it rests: the hub gives what came twice in that time.
func (e *ear) patience() time.Duration { return max(e.block, tap.Every) + tap.Every }
