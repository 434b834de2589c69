package mixer

import "sync/atomic"

// Meter measures what the engine plays or records, for somebody else to read at times.
// Neither side ever waits. A reading has every block measured since the one before, each
// whole and exactly once: no peak is lost and none is told twice.
//
// For that there are three tallies: one to be read, one that the engine writes, one that
// the reader has. The engine writes the sum of the first and of the block into its own
// and exchanges the two; or, where the reader has taken the first, the block alone, and
// goes on with the one that the reader had before.
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

	unread   atomic.Pointer[tally] // nil if there is nothing new
	returned atomic.Pointer[tally] // not nil from when unread is taken to when it is written

	held *tally // the reader's
}

// tally is what was measured, by channel.
type tally struct {
	frames, clipped uint64
	peaks           []float32
	squares         []float64 // sums
}

func newTally(channels int) *tally {
	return &tally{peaks: make([]float32, channels), squares: make([]float64, channels)}
}

// NewMeter is a Meter for blocks of 1 to audio.MaxChannels channels.
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

// Measure counts a block.
func (m *Meter) Measure(block []float32) {
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

// Silence counts frames of silence without a block.
func (m *Meter) Silence(frames int) {
	clear(m.block.peaks)
	clear(m.block.squares)
	m.block.frames, m.block.clipped = uint64(frames), 0
	m.publish()
}

// publish adds the block to what is unread.
func (m *Meter) publish() {
	if old := m.unread.Load(); old != nil && m.exchange(old) {
		return
	}
	m.next.copy(&m.block)
	spare := m.returned.Swap(nil) // before unread is written: the reader then fills it again
	m.unread.Store(m.next)
	m.next = spare
}

// exchange puts the sum of old and the block in the place of old. It reports false if the
// reader has taken that.
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
