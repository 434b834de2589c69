// Package hear judges what a sound card played or recorded: how loud, how high, and
// whether every frame arrived once and in order.
//
//	material            what proves it                          path
//	--------            --------------                          ----
//	[Sine]              [FitTone]: level and frequency          any, converted and scaled too
//	                    [Breaks]: where a frame is missing,
//	                    doubled or wrong
//	[Count]             [Follow]: which frames are missing,     bit for bit
//	                    doubled or wrong, by their number
//
// A sine follows from its last two samples, x[n] = 2 cos(w) x[n-1] - x[n-2], so any frame
// that is out of place shows at its place, as a difference far above the rounding of 16
// bits. A tone whose period is a whole number of frames would hide the loss of as many, so
// choose one that is none: 997 Hz instead of 1000 Hz. And count: [Spans] gives the length
// of what is heard.
//
// Levels are in dBFS, where a sine that just does not clip has 0. Frames are counted from
// the begin of what was given. All functions are pure, but for [Read].
package hear
