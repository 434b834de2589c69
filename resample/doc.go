// Package resample converts sample rates, by a ratio that may change while it runs: for
// programs whose rate is not the loop's, and to bridge two clocks.
//
// # How
//
// An output frame lies between input frames. Its value is the sum of the input around it,
// each frame weighted by a low-pass h at its distance: a sinc under a window.
//
//	input    ·   ·   ·   ·   ·   ·   ·   ·   ·
//	             └───────── taps ────────┘          2 × half of them
//	output                     ▲
//	                       at  + fraction
//
// h is kept as rows, one for each of a number of fractions, a phase; between them the
// coefficients are interpolated by the cubic through four rows. So the tables are small,
// any ratio will do, and a change of it only changes where the next frame lies.
//
// Where the rate falls, h is stretched by the step and the passband narrows with it.
// Positions are integers, in fractions of a frame of which the nominal step is a multiple:
// a stream is never off by a frame, however long it runs.
//
// # Qualities
//
// The passband is given at −0.1 dB, in parts of the lower rate's half; what cannot be
// in the output is below the stopband. Latency is at 44.1 kHz.
//
//	      half  phases  passband  stopband  latency
//	Fast    17      32      0.85     90 dB   0.39 ms
//	Good    40     128      0.90    165 dB   0.91 ms
//	Best   100     128      0.95    165 dB   2.27 ms
//
// Sums are of float64: Good and Best are limited by the float32 of their input and output,
// to 150 dB or so, and differ in their passbands only.
package resample
