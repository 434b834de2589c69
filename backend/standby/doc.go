// Package standby keeps a stream running whatever happens to its devices: when one is unplugged,
// fails or hangs, a stand-in takes over within a cycle, and the best device returns when it is
// back. The engine notices only a ramp: position and granted configuration stay.
//
//	source 0 ── fails ──▶ the last source, which is always open (the null device)
//	   ▲                     │ plugged, or a regular look: the best source that opens
//	   └─────────────────────┘ and starts with the same configuration takes over
//
// # Threads
//
// The engine's goroutine waits on, reads and writes the active device. All else happens elsewhere,
// because a card or its library may hang:
//
//	supervisor   opens, starts and closes devices while another one plays; what it hands to the engine runs
//	Start, Stop  of a device while nothing plays: the engine waits for them, briefly
//
// Each of these calls is given up after a time (backend.Attempt). Its source is then left alone
// until the call returns, which wakes the supervisor, and the stand-in goes on.
//
// # Abilities
//
// Controls and pitch are those of the active device. A stand-in mostly has no pitch control: Pitch is nil from the
// switch on, and who moved the clock has to go on without, as a route does with its resampler. The control of the
// card that failed goes back to its centre when the card is closed, if it still can.
//
// # Another process
//
// HandOver passes on the active device and the last resort, and keeps the supervisor at rest until the engine goes on.
// A device that cannot be handed over is opened by the new program: from the start of that on the last resort plays, and
// its first tick counts as Lost what has passed.
//
// # Pauses
//
// A source that opens and does not start, or fails soon after, is closed, opened and started again
// at once, a few times. After that there are pauses, which double from 50 ms to a minute. Plugging
// in a device starts over.
package standby
