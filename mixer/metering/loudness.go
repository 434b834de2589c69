package metering

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

const (
	stepsPerSecond = 100
	momentary      = 40  // steps of the window of 0.4 s
	shortTerm      = 300 // and of 3 s
	hop            = 10  // steps from one gating block to the next
)

// silence returns the loudness of nothing.
func silence() float64 { return math.Inf(-1) }

// loudness measures what BS.1770-4 and EBU Tech 3341 call so.
type loudness struct {
	filters filters
	weights []float64 // by channel

	rate     int
	left     int // frames of the step
	length   int // of the step
	fraction int // of a frame that steps are late, in 1/stepsPerSecond

	steps [shortTerm]step
	count uint64 // of steps ever
	since uint64 // of steps since Reset

	momentary, shortTerm       float64 // powers
	maxMomentary, maxShortTerm float64
	blocks, ranges             *histogram // momentary and short-term, one each hop
}

// step is what came in 10 ms.
type step struct {
	energy float64
	frames int
}

func newLoudness(f audio.Format) *loudness {
	l := &loudness{filters: newFilters(f), weights: weightsOf(f), rate: f.Rate, blocks: newHistogram(), ranges: newHistogram()}
	l.next()
	return l
}

// next begins a step. Steps are whole frames, so that some are longer than others.
func (l *loudness) next() {
	l.length = l.rate / stepsPerSecond
	if l.fraction += l.rate % stepsPerSecond; l.fraction >= stepsPerSecond {
		l.fraction -= stepsPerSecond
		l.length++
	}
	l.left = l.length
}

// measure counts n samples of src, which goes on for at least padding.
func (l *loudness) measure(src []float32, n int) {
	channels := len(l.weights)
	for frames := n / channels; frames > 0; {
		part := min(frames, l.left)
		l.filters.add(src, part)
		src, frames, l.left = src[part*channels:], frames-part, l.left-part
		if l.left == 0 {
			l.steps[l.count%shortTerm] = step{l.filters.take(l.weights), l.length}
			l.count++
			l.since++
			l.look()
			l.next()
		}
	}
}

// look measures the windows that end with the last step.
func (l *loudness) look() {
	if l.count >= momentary {
		l.momentary = l.power(momentary)
	}
	if l.count >= shortTerm {
		l.shortTerm = l.power(shortTerm)
	}
	if l.since >= momentary {
		l.maxMomentary = max(l.maxMomentary, l.momentary)
		if l.since%hop == 0 {
			l.blocks.add(l.momentary)
		}
	}
	if l.since >= shortTerm {
		l.maxShortTerm = max(l.maxShortTerm, l.shortTerm)
		if l.since%hop == 0 {
			l.ranges.add(l.shortTerm)
		}
	}
}

// power returns the mean of the last so many steps. It adds all of them up each time: what was loud leaves no rounding
// behind.
func (l *loudness) power(steps int) float64 {
	energy, frames := 0.0, 0
	for i := range steps {
		s := &l.steps[(l.count-1-uint64(i))%shortTerm]
		energy, frames = energy+s.energy, frames+s.frames
	}
	return energy / float64(frames)
}

func (l *loudness) reset() {
	l.since, l.maxMomentary, l.maxShortTerm = 0, 0, 0
	l.blocks.clear()
	l.ranges.clear()
}

// lufs returns the loudness of a power.
func lufs(power float64) float64 { return offset + 10*math.Log10(power) }

// powerOf returns the power of a loudness.
func powerOf(lufs float64) float64 { return math.Pow(10, (lufs-offset)/10) }

// offset makes a full-scale sine of 997 Hz in one channel −3.01 LUFS.
const offset = -0.691

// read stores what holds now.
func (l *loudness) read(r *Reading) {
	r.Momentary, r.ShortTerm = lufs(l.momentary), lufs(l.shortTerm)
	r.MaxMomentary, r.MaxShortTerm = lufs(l.maxMomentary), lufs(l.maxShortTerm)
	r.Integrated, r.Range = l.blocks.integrated(), l.ranges.spread()
}
