package mixer

import "sync/atomic"

// Meter measures what the engine plays or records, for another goroutine to read. Neither side
// ever waits. A reading covers every block since the previous one, whole and exactly once: no
// peak is lost or reported twice.
//
// It uses three tallies: one unread, one that the engine writes, one that the reader holds. The
// engine writes the sum of the unread tally and the block into its own and exchanges the two. If
// the reader has taken the unread tally, the engine writes the block alone and continues with the
// tally that the reader held before.
//
//	          exchanged          Read
//	engine's ◀─────────▶ unread ──────▶ reader's
//	    ▲                                  │
//	    └──────────── returned ◀───────────┘ when it takes the next
type Meter struct {
	channels int

	// The engine's.
	block   tally
	next    *tally
	peak    []float32 // of each sample of a period, as for the kernel
	squares []float64

	unread   atomic.Pointer[tally] // nil: nothing new
	returned atomic.Pointer[tally] // set from when unread is taken until it is written

	held *tally // the reader's

	probe atomic.Pointer[Probe] // nil: nobody hears the frames themselves
}

// tally is a measurement, by channel.
type tally struct {
	frames, clipped uint64
	peaks           []float32
	squares         []float64 // sums
}

func newTally(channels int) *tally {
	return &tally{peaks: make([]float32, channels), squares: make([]float64, channels)}
}

// NewMeter returns a Meter for blocks of 1 to audio.MaxChannels channels.
func NewMeter(channels int) *Meter {
	period := len(newShape(channels).to)
	m := &Meter{
		channels: channels,
		block:    *newTally(channels),
		next:     newTally(channels),
		peak:     make([]float32, period),
		squares:  make([]float64, period),
		held:     newTally(channels),
	}
	m.unread.Store(newTally(channels))
	return m
}

// Probe returns what was given to SetProbe, or nil if it was closed.
func (m *Meter) Probe() *Probe {
	if p := m.probe.Load(); p != nil && !p.closed.Load() {
		return p
	}
	return nil
}

// SetProbe lets p hear all blocks from the next one on, in place of any other. p has the channels of the meter. Any
// goroutine may call it.
func (m *Meter) SetProbe(p *Probe) { m.probe.Store(p) }

// Measure counts a block.
func (m *Meter) Measure(block []float32) {
	if p := m.probe.Load(); p != nil && !p.Push(block) {
		m.probe.CompareAndSwap(p, nil)
	}
	clear(m.peak)
	clear(m.squares)
	measureGo(m.peak, m.squares, block, measureVector(m.peak, m.squares, block))
	clear(m.block.peaks)
	clear(m.block.squares)
	c, loudest := 0, float32(0)
	for i, p := range m.peak {
		loudest = max(loudest, p)
		m.block.peaks[c] = max(m.block.peaks[c], p)
		m.block.squares[c] += m.squares[i]
		if c++; c == m.channels {
			c = 0
		}
	}
	m.block.frames, m.block.clipped = uint64(len(block)/m.channels), 0
	if loudest > 1 {
		m.block.clipped = uint64(beyond(block))
	}
	m.publish()
}

// Silence counts frames of silence without needing a block.
func (m *Meter) Silence(frames int) {
	if p := m.probe.Load(); p != nil && !p.Silence(frames) {
		m.probe.CompareAndSwap(p, nil)
	}
	clear(m.block.peaks)
	clear(m.block.squares)
	m.block.frames, m.block.clipped = uint64(frames), 0
	m.publish()
}

// publish adds the block to the unread tally.
func (m *Meter) publish() {
	if old := m.unread.Load(); old != nil && m.exchange(old) {
		return
	}
	m.next.copy(&m.block)
	spare := m.returned.Swap(nil) // before unread is written, after which the reader may fill it again
	m.unread.Store(m.next)
	m.next = spare
}

// exchange replaces old with the sum of old and the block. It reports false if the reader has
// taken old.
func (m *Meter) exchange(old *tally) bool {
	m.next.sum(old, &m.block)
	if !m.unread.CompareAndSwap(old, m.next) {
		return false
	}
	m.next = old
	return true
}

func (t *tally) copy(a *tally) {
	t.frames, t.clipped = a.frames, a.clipped
	copy(t.peaks, a.peaks)
	copy(t.squares, a.squares)
}

func (t *tally) sum(a, b *tally) {
	t.frames, t.clipped = a.frames+b.frames, a.clipped+b.clipped
	for c := range t.peaks {
		t.peaks[c] = max(a.peaks[c], b.peaks[c])
		t.squares[c] = a.squares[c] + b.squares[c]
	}
}
