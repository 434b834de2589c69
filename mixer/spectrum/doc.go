// Package spectrum looks at the samples of one channel by frequency.
//
//	samples ─┬─▶ Analyser   windows, Fourier transform, mean and maxima ─▶ Power ─▶ FindTone
//	         └─▶ Bank       band-pass filters, 1/1 to 1/12 of an octave ─▶ Level
//
// # Levels
//
// All powers are relative to a sine of full scale: such a sine has the power 1, 0 dB, in its bin and in its band. That is
// the convention of AES17; the RMS that package mixer/metering tells is 3.01 dB less. A power of bins is that of a sine in
// the middle of the bin, whatever the window. A sum over bins, of noise or of what a window spreads, must be divided by
// Analyser.Noise, the equivalent noise bandwidth in bins.
//
// # Why bands have filters
//
// Bands could be summed up from bins. But a band of 1/12 octave at 20 Hz is 1.2 Hz wide: with 65536 samples at 48 kHz it
// would be less than two bins, far from what IEC 61260-1 asks of an edge, and would follow sound seconds late. A filter
// has the same shape in each band, whatever the size of the transform. These are Butterworth filters of eighth order; each
// octave below the upper two runs at half the rate of the one above. Relative attenuation and effective bandwidth of all
// bands are within the limits of class 1 of IEC 61260-1:2014, at every rate. Midband frequencies are the exact ones of base
// ten. What the standard says of the rest, such as response to sweeps and temperature, was not tested.
//
// # Calls
//
//	call                            allocates  blocks  from
//	New, NewBank, FindTone, Bands   yes        no      any goroutine
//	all others                      no         no      one goroutine at a time
package spectrum
