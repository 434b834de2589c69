// Package standby keeps a stream going whatever becomes of its devices: when one is
// unplugged, fails or hangs, a stand-in takes its place within a cycle, and the best comes
// back when it is there again. The engine above notices nothing but a ramp: position and
// granted configuration stay.
//
//	source 0 ── fails ──▶ the last source, which is there at once (the null device)
//	   ▲                     │ plugged, or a look from time to time: the best that opens
//	   └─────────────────────┘ and starts with the same configuration takes over
//
// # Threads
//
// The engine's goroutine runs one performer at a time: it waits, reads and writes. All
// else happens beside it, because a card or its library may hang:
//
//	supervisor   opens, starts and closes performers while another one plays; what it hands
//	             to the engine runs already
//	Start, Stop  of a performer while nothing plays: the engine waits for them, briefly
//
// Each of these calls is given up after a time (backend.Attempt). Then its source is left alone
// until the call returns, which the supervisor is told of, and the stand-in goes on.
//
// # Pauses
//
// A source that opens and does not start, or fails soon after, is closed, opened and started
// again at once, a few times. What still fails then has a pause, which begins at 50 ms and
// doubles up to a minute. A device that is plugged in begins anew.
package standby
