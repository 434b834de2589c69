// Package metering measures blocks of interleaved float32 for people: levels of each channel, true peaks and loudness.
// Whoever hears a place (package tap) gives a Meter what is heard, and reads it as often as it shows something.
//
//	frames ─▶ Measure ─┬─▶ levels     peak, RMS, DC, clips, silence, correlation of pairs
//	                   ├─▶ true peak  interpolation, ITU-R BS.1770-4 annex 2
//	                   └─▶ loudness   K weighting ─▶ steps of 10 ms ─▶ windows ─▶ gates ─▶ Read
//
// # What the numbers follow
//
//   - Momentary, short-term and integrated loudness: ITU-R BS.1770-4 annex 1 and EBU Tech 3341, windows of 0.4 s and 3 s
//     that move by 10 ms, gating blocks each 100 ms. The K weighting is derived for the rate; 48 kHz has the filters of the
//     recommendation. Weights of channels follow their positions (audio.Format.Stand): 1.41 for those beside and behind a
//     listener between 60° and 120°, none for low frequency effects, 1 for all others and for channels without a position.
//   - Loudness range: EBU Tech 3342.
//   - True peak: BS.1770-4 annex 2, interpolated 4 times below 96 kHz, 2 times below 192 kHz; beyond, the peak of the
//     samples. The filter has 24 samples and is flat to 0.42 of the rate; what the annex's own lets pass, it does, too.
//   - Peak, RMS, DC: of the samples, full scale is 1. The RMS of a full-scale sine is 0.707, −3.01 dBFS.
//
// # Memory
//
// A Meter never grows. Integrated loudness and range come from two histograms of blocks, with steps of 0.05 LU from −70
// LUFS to +30, which also keep the exact sum of what fell into each step: a mean is exact however many months it covers,
// and only the relative gate and the percentiles of the range are rounded, to 0.05 LU at most.
//
// # Cost
//
// 64 channels of everything at 48 kHz take 0.7 % of a core of an AMD EPYC, half of it for true peaks; levels alone 0.1 %.
// Without AVX, as on processors of ARM, it is 6 %, of which true peaks are two thirds. BenchmarkMeter measures it.
//
// # Calls
//
//	call              allocates  blocks  from
//	New               yes        no      any goroutine
//	Measure, Silence  no         no      one goroutine at a time
//	Read              once       no      the same: Read and Measure are not to meet
//	Reset, SetQuiet   no         no      the same
//	DBFS              no         no      any goroutine
//
// Results are the same to the bit with and without vector instructions.
package metering
