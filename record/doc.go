// Package record holds recorders: taps that end in files, for days, in segments that joined are the stream bit for bit.
//
//	loop.End ─▶ ring ─▶ reader ─▶ queue ─▶ writer ─▶ segment, segment, segment …
//	                    a goroutine        another one    beside them an index of what was written
//
// The reader empties the ring of the tap and never waits for a disk; the queue between the two is bounded, and has the
// pre-roll, too. A disk that is slow, full or gone costs nothing until the queue is full. Then the newest frames are
// lost and counted, and once half of the queue is free again, the recorder goes on by itself.
//
// # Life of a recorder
//
//	           start, trigger         frames come
//	stopped ──▶ armed ───────▶ waiting ◀────────▶ recording
//	   ▲                          ▲                   │
//	   └── stop                   └──── failing ◀─────┘ the disk takes nothing; tried again, less and less often
//
// # Segments
//
// A segment is a file that is valid whenever it ends, by a kill or without power, too: see Spec.Path for its name,
// and WAV and FLAC for what is in it. Frames that are missing before a segment are said in its header. Where frames are
// missing, a new segment begins, unless Spec.Gap is Silence.
//
// # Times
//
// The clock of the machine is read when a segment begins, for its name and its header, and to compare the ages of files.
// All that lasts is counted in frames or by a clock that cannot be set.
package record
