// Package measure finds out what lies between a place where sound is played and one where it is recorded: how
// late it comes, how loud, and which way round.
//
// What is played is a maximum-length sequence m of ±1, of 2ⁿ−1 frames, over and over. Its circular
// autocorrelation is 2ⁿ−1 at 0 and −1 everywhere else, so that of what is recorded, y = a·(m ∗ h), the
// impulse response is
//
//	           1
//	h[d] = ─────────  (c[d] − median of c),    c[d] = Σ y[t] m[t−d]
//	        a · 2ⁿ                                    t
//
// The median takes out the −1 and a constant in y. All sums c are one fast Hadamard transform of y in the
// order of the register's states. Noise that is not m spreads evenly over all d, 3·n dB below what it was, and
// so does what clipping adds; a response longer than the sequence comes round from its other end.
//
// If the clocks of both ends differ, each period of y is later than the one before by the difference. What
// Analyse sees of that it takes out before it looks closely; then the level of a high tone is no longer exact.
//
// Sources: D. D. Rife, J. Vanderkooy, Transfer-Function Measurement with Maximum-Length Sequences, J. Audio Eng.
// Soc. 37 (1989) 419; J. Borish, J. B. Angell, An Efficient Algorithm for Measuring the Impulse Response Using
// Pseudorandom Noise, ibid. 31 (1983) 478.
//
// Nothing here keeps state or blocks: any goroutine may call anything, and a Sequence serves several.
package measure
