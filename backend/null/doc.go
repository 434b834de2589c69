// Package null is a device made of a monotonic timer: the clock of the loops that no
// sound card clocks, and a stand-in for one. Its sound is silence, a tone or a file,
// and what it plays is discarded or kept as a file.
//
// # Schedule
//
// Start takes one anchor. Position p is due at
//
//	anchor + ⌈p × 10⁹ ÷ rate⌉ ns
//
// in exact integers, so nothing accumulates: not rounding, not lateness, not a
// change of period. The next tick is at the last position plus the period. A late
// Wait reports all whole periods that have passed, in one tick whose Time is the
// exact time of its position.
//
// # Blocks
//
// A tick adds the frames that have passed to what may be read and written, up to the
// buffer of Period × Periods of the opening; SetPeriod does not change the buffer. So
// the engine catches up on any lateness inside the buffer, and what goes beyond is
// Lost, as on a card: position = frames read + still readable + lost. The buffer is a
// number, it takes no memory: be generous with Periods. Opened as a clock only, the
// device has no buffer and never loses anything.
//
// # Sound
//
// A [Source] is what is recorded: [Tone], or [ReadWAV], which holds the file in
// memory. Frame number p since Start is the same one whenever it is read; what is
// Lost is left out. A [Sink] gets what is played, exactly as it was written and in one
// piece over Lost and Stop: a [Recorder] makes a WAV file of it. Neither ever waits for
// a disk on the engine's goroutine. In real time a Recorder drops what the disk is too
// slow for; a freewheeling clock waits for the disk instead.
//
// # Freewheel
//
// The clock follows the work: Wait is one period after the other, as fast as the
// engine comes back, with a pause of 50 µs in between that leaves the core to
// others. While the buffer has no room for another period the position stands
// still, so nothing is ever lost.
package null
