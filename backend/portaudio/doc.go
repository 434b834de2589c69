// Package portaudio is devices that PortAudio reaches and the kernel's interface does
// not: plugins of alsa-lib such as dmix, sound servers such as JACK. It needs cgo and the
// build tag portaudio; without them [Load] says so in a sentence.
//
// # One library
//
// PortAudio is one state of a process: there is one [Library] at a time, and one thread
// makes all calls of it. What hangs in it, as JACK does for ten minutes after its server
// has died, is left behind after some seconds, and the daemon goes on.
//
//	method           caller           may block
//	Load             any goroutine    shortly
//	Library.Devices  any goroutine    while PortAudio opens every device of the machine
//	Library.Open     any goroutine    likewise
//	Library.Close    any goroutine    some seconds at most
//
// The list of devices is made at the first use, and anew when a device is not in it while no
// stream is open: PortAudio can look only then. It opens every PCM that alsa-lib knows, in
// both directions; the loops of loopbridge are not opened, because their plugin refuses
// itself to this process (see notFor). A device that somebody else has at that moment is
// missing in the list.
//
// # Frames
//
// PortAudio calls back on a thread of C. The callback moves its block between PortAudio and
// a ring, publishes how many frames have passed, and wakes the engine: no allocation, no
// lock, one system call if the engine sleeps. Everything else is the engine's.
//
//	PortAudio's thread                        engine
//	callback ── position, time ─────────────▶ Wait
//	callback ◀─ ring, kept full ───────────── Write
//	callback ── ring ───────────────────────▶ Read
//
// The position counts the frames of callbacks, and those that PortAudio flags as lost; the
// time is CLOCK_MONOTONIC at the callback, because PortAudio's own is that of the calendar. What
// is played is heard Period × (Periods + 1) frames after its tick and PortAudio's own latency
// later, which that tells with each block (backend.Delayer). A device that moves many frames
// at once, as dmix does, gets a longer
// ring when it is seen to do so.
//
// # Trouble
//
// Frames that PortAudio flags, that the engine came too late for, or that did not fit, are Lost in
// a tick, and sound is led over them on ramps. ErrGone: the card is gone, or PortAudio has
// given up on it. ErrIO: no callback comes any more, or far too many of them: a device without
// a clock. PortAudio itself tells neither, it stops calling back, and its thread spins: the
// engine looks for that, and takes away the thread's priority, before it would take the process
// with it.
//
// PortAudio 19.6 ends the process where every PCM of alsa-lib's configuration opens, so there
// is always one that does not (see alsaConfig).
package portaudio
