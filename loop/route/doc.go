// Package route holds patch cords: a route carries sound from what one place records to what another
// plays, for as long as both are there, whatever clocks them.
//
//	Board ─▶ Route ─▶ loop.End (reads)  ─┐
//	              └─▶ loop.End (writes) ─┴─▶ line.NewRoute, on the engine of the end that writes
//
// To its two places a route is a client, or the server, like any program: it waits until an end is free,
// it is counted and shown, and it ends when they do; then it waits for them again. Only its frames
// take a shorter way: they are moved within the cycle of the engine (see package line).
//
// # Places
//
//	DEVICE/record, DEVICE        from the input of a device
//	DEVICE/play, DEVICE          to its output
//	DEVICE/play                  from its output: what is heard, after monitor, gain, balance and mute
//	DEVICE/mix                   from its output, before these
//	LOOP/client, LOOP            from or to the client end of a loop
//	LOOP/server                  from or to the server end
//	LOOP/heard                   from what goes through it: what its reader gets, after the controls of both ends
//	LOOP/mix                     from what goes through it, before these
//
// If a device and a loop share a name, it is the device's.
//
// # Life of a route
//
//	         source is there        sink is there         frames come, clocks are known
//	waiting ────────────────▶ waiting ───────────▶ silent ───────────▶ flowing
//	  ▲                                              ▲                    │
//	  └──────── an end is over ◀─────────────────────┴── a clock is lost ─┘
//
// # Two clocks
//
// A servo follows both (package servo). What it says drives a resampler, or the pitch control of one of the two
// devices; then all frames stay as they are. The source is moved if it can be, to 1 ÷ ratio times its own rate, or else
// the sink, to ratio times its own.
//
//	drift      a control is there                there is none
//	auto       moves it, if nobody else does     resamples
//	pitch      moves it: it is booked            is refused; waits, if a stand-in runs or the control fails
//
// A goroutine of the route sets the control some times a second, never the engine. It gives up, and the route is
// connected anew, when the stream runs on other hardware, when the control fails or moves nothing, and when it is
// booked by another route. A route with drift "auto" that resamples while another device stands in is connected anew when the
// card is back. At the end the control goes to its centre.
package route
