// Package convert turns the frames of one format into those of another, as they come: for
// a program whose format is not its loop's (D12).
//
//	bytes ─ decode ─▶ float32 ─ mix ─▶ resample ─▶ mix ─ dither, encode ─▶ bytes
//	                            down               up
//
// Where both have as many channels and say where these stand, in other orders, the bytes of
// a frame are rearranged first, and what is left of the way is that between equal orders: if
// nothing else differs, samples go across untouched.
//
// Stages that have nothing to do are left out, and channels are mixed where there are
// fewer of them to resample. Where both sides hold more than the 24 bits of a float32 and
// only the encoding differs, samples go straight across.
//
// A Converter knows how many frames it makes of how many: the engine moves what is due,
// to the frame, and a stream keeps its duration.
package convert
