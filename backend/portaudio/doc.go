// Package portaudio offers devices that PortAudio reaches and the kernel's interface does not:
// plugins of alsa-lib such as dmix, sound servers such as JACK. It needs cgo and the build tag
// portaudio; without them [Load] returns an error that says so.
//
// # One library
//
// PortAudio keeps one state per process, so there is one [Library] at a time, and one thread
// makes all calls. A call that hangs, as calls of JACK do for ten minutes after its server has
// died, is abandoned after some seconds, and the daemon goes on.
//
//	method           caller           may block
//	Load             any goroutine    briefly
//	Library.Devices  any goroutine    while PortAudio opens every device of the machine
//	Library.Open     any goroutine    likewise
//	Library.Close    any goroutine    some seconds at most
//
// The list of devices is made at the first use. It is made again when a device is missing from it
// and no stream is open: PortAudio can look only then. It opens every PCM that alsa-lib knows, in
// both directions, except the loops of loopbridge, whose plugin refuses this process (see
// notFor). A device that another program has open at that moment is missing from the list.
//
// # Frames
//
// PortAudio calls back on a thread of C. The callback moves a block between PortAudio and a ring,
// publishes how many frames have passed, and wakes the engine. It makes no allocation, takes no
// lock, and makes one system call if the engine sleeps. The engine does the rest.
//
//	PortAudio's thread                        engine
//	callback ── position, time ─────────────▶ Wait
//	callback ◀─ ring, kept full ───────────── Write
//	callback ── ring ───────────────────────▶ Read
//
// The position counts the frames of callbacks and those that PortAudio flags as lost. The time is
// CLOCK_MONOTONIC at the callback; PortAudio's own time is wall-clock time. A frame is heard
// Period × (Periods + 1) frames and PortAudio's latency after its tick; PortAudio reports that
// latency with each block (backend.Delayer). A device that moves many frames at once, as dmix
// does, gets a longer ring once it has done so.
//
// # Trouble
//
// A tick counts as Lost the frames that PortAudio flags, that came too late from the engine, or that did
// not fit; ramps smooth the sound around them. ErrGone means that the card is gone or PortAudio has given
// up on it. ErrIO means that callbacks stopped, or that there are far too many of them because the device
// has no clock. PortAudio reports neither: it stops calling back, and its thread spins. The engine
// watches for that and lowers the thread's priority before the kernel kills the process for it.
//
// PortAudio 19.6 ends the process if every PCM of alsa-lib's configuration opens, so there is
// always one that does not (see alsaConfig).
package portaudio
