// Package standby keeps a stream going whatever becomes of its devices: when one is
// unplugged or fails, the next one takes its place within a cycle, and the best comes back
// when it is there again. The engine above notices nothing but a ramp: position and
// granted configuration stay.
//
//	source 0 ── fails ──▶ the last source, which is there at once (the null device)
//	   ▲                     │ plugged, or a look from time to time: the best that opens
//	   └─────────────────────┘ with the same configuration takes over
package standby
