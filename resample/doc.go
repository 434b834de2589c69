// Package resample converts sample rates by a ratio that may change while it runs, for programs
// whose rate differs from the loop's and to bridge two clocks.
//
// # How
//
// An output frame lies between input frames. Its value is the sum of the input around it, each
// frame weighted by a low-pass h at its distance: a windowed sinc.
//
//	input    ·   ·   ·   ·   ·   ·   ·   ·   ·
//	             └───────── taps ────────┘          2 × half of them
//	output                     ▲
//	                       at  + fraction
//
// h is stored as rows, one for each of a number of fractions (phases); between them, a cubic
// through four rows interpolates the coefficients. So the tables are small, any ratio works, and
// changing it only moves the next frame.
//
// If the rate falls, h is stretched by the step and the passband narrows with it. Positions are
// integers, in fractions of a frame that divide the nominal step: a stream is never off by a
// frame, however long it runs.
//
// # Qualities
//
// The passband is given at −0.1 dB, as a part of half the lower rate; frequencies that the output
// cannot hold are below the stopband. Latency is at 44.1 kHz.
//
//	      half  phases  passband  stopband  latency
//	Fast    17      32      0.85     90 dB   0.39 ms
//	Good    40     128      0.90    165 dB   0.91 ms
//	Best   100     128      0.95    165 dB   2.27 ms
//
// Sums are float64. Good and Best are limited by the float32 of their input and output, to about
// 150 dB, and differ only in their passbands.
package resample
