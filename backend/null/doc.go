// Package null is a device made of a monotonic timer: the clock of loops without a sound card, and a
// stand-in for one. It records silence, a tone or a file, and discards what it plays or keeps it as a file.
//
// # Schedule
//
// Start takes one anchor. Position p is due at
//
//	anchor + ⌈p × 10⁹ ÷ rate⌉ ns
//
// in exact integers, so that neither rounding nor lateness nor changes of the period add up. The
// next tick is at the last position plus the period. A late Wait reports all whole periods that
// have passed in one tick, whose Time is the exact time of its position.
//
// # Blocks
//
// A tick adds the frames that have passed to what can be read and written, up to the buffer of
// Period × Periods of the opening; SetPeriod does not change the buffer. So the engine can be late
// by a buffer without loss, and what exceeds it is Lost, as on a card: position = frames read +
// still readable + lost. The buffer is only a number and takes no memory, so Periods can be
// generous. Opened as a clock only, the device has no buffer and never loses anything.
//
// # Sound
//
// A [Source] is what is recorded: [Tone], or [ReadWAV], which holds the file in memory. Frame p since Start
// is always the same one, whenever it is read; Lost frames are left out. A [Sink] receives what is played,
// exactly as it was written and without gaps for Lost and Stop: a [Recorder] makes a WAV file of it.
// Neither waits for a disk on the engine's goroutine. In real time a Recorder drops what the disk is too
// slow for; a freewheeling clock waits for the disk instead.
//
// # Freewheel
//
// The clock follows the work: Wait is one period after the other, as fast as the engine comes back,
// with pauses of 50 µs that leave the core to others. While the buffer has no room for another
// period the position stands still, so nothing is ever lost.
package null
