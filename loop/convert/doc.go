// Package convert converts the frames of a program whose format differs from its loop's.
//
//	bytes ─ decode ─▶ float32 ─ mix ─▶ resample ─▶ mix ─ dither, encode ─▶ bytes
//	                            down               up
//
// If both sides have the same number of channels and known positions in different orders, the
// channels of each frame are rearranged first. If nothing else differs, samples pass untouched.
//
// Stages with nothing to do are left out, and channels are mixed where fewer of them are to be
// resampled. If only the encoding differs and both sides hold more than the 24 bits of a float32,
// samples are reencoded directly.
//
// A Converter knows how many frames it makes of how many, so the engine moves exactly what is due
// and a stream keeps its duration.
package convert
