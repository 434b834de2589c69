// Package backend is the contract between the engine and whatever moves its blocks: a sound card, a
// sound server, or nothing but a clock. A device is a [Stream]; package null is one of them, and no
// caller asks which it has.
//
// # Life of a stream
//
//	Open ──▶ stopped ──Start──▶ running ──Stop──▶ stopped ──Close──▶ closed
//	                              │                                    ▲
//	                              └── device gone: Wait fails ─Close───┘
//
// One goroutine, the engine's, makes every call but Wake, in this order:
//
//	Start, then repeatedly { Wait, Read, Write }, then Stop or Close
//
// # Method × caller × cost
//
//	method   caller          state            may block          may allocate
//	Granted  any goroutine   any              no                 no
//	Start    engine          stopped          briefly            yes
//	Wait     engine          stopped,running  yes: that is time  no
//	Wake     any goroutine   any              no                 no
//	Read     engine          running          no                 no
//	Write    engine          running          no                 no
//	Stop     engine          any              briefly            yes
//	Close    engine          any              briefly            yes
//	HandOver engine held      stopped,running  a second or two    yes
//
// A call in the wrong state returns audio.ErrInvalid, a call after Close audio.ErrClosed; [Guard]
// checks both once, above the drivers.
//
// # Time
//
// Wait is the only place where time enters the audio path. It returns a [Tick] that says how far the
// device's clock has come, as an integer count of frames since Start. The caller derives everything else
// from that count. A late tick reports all the frames that have passed: no caller counts ticks.
//
// A stopped stream has no clock: its Wait sleeps until Wake, and an idle daemon makes no wake-ups.
//
// # Trouble
//
// An xrun of the device is not an error: Tick.Lost says how many frames it cost, and the stream
// goes on. Missing sound ends and begins on a ramp, and recorded sound crosses the gap on one
// (audio.Splice); all other frames stay unchanged. Wait, Read and Write fail only when the device
// has failed (audio.ErrIO, audio.ErrGone); then only Close makes sense.
//
// # Another process
//
// An [Heir] can be handed to the program that takes the place of this one: HandOver describes the open stream in a
// [Handed], and Resume of its package makes it go on there. To the new engine that is the same stream: Wake and Wait
// give the previous tick with what is left of it, Wait alone the next one, which is late by the time in between. Until the
// old process is gone the engine must be held; if it stays, the engine goes on with the stream it has.
//
// # Abilities
//
// What only some devices can do is an interface of its own ([Pacer], [Delayer], [Parker],
// [Controller], [Pitcher], [Switcher], [Reporter]), found with [As], which looks through wrappers.
package backend
