// Package ring is the ring of frames between a program and the engine: memory that both see, with one
// writer and one reader. Moving a frame takes no lock and no system call.
//
// The memory is a [Header] page followed by Capacity frames. It may be a memfd mapped by two processes
// or a slice in one; the ring cannot tell. Each side holds one half:
//
//	             program                      engine
//	playback     Writer ──── frames ────▶     Source
//	capture      Reader ◀─── frames ─────     Sink
//
// Positions count frames since the ring was made, in 64 bits that never wrap and never go back, except
// that before its start a writer may take back frames that were not yet taken. A frame's place is its
// position modulo Capacity.
//
// # Who writes which word
//
//	word             written by           meaning
//	constants        daemon, once         layout and format
//	State, Errno …   daemon               what the end is doing, and why it stopped
//	Daemon           engine               frames taken (playback) or given (capture)
//	Program          program (and Sink)   frames written (playback) or read (capture)
//	Wake             program              ring when Daemon reaches this; 0: never
//
// A playback ring is an ordinary one: its writer stops when it is full. A capture ring is a real-time
// line: when it is full the engine drops the oldest frames by moving Program forward with a
// compare-and-swap. The reader commits what it copied with the same operation, so that each frame is
// either read or counted as dropped, never both.
//
// # Trust
//
// A program can write anything anywhere in the memory. The engine's halves keep their own position,
// capacity and format, never read a word they wrote, and check the program's position against what is
// possible: an impossible one is audio.ErrProtocol, and the daemon disconnects the program.
//
// # Waking
//
// Before it sleeps, a program stores the Daemon position it needs in Wake, then looks once more. After
// moving frames, the engine looks at Wake and rings the bell once for each new value that was reached. A
// change of State always rings.
package ring
