// Package audio holds what every other package speaks of: the [Format] of a
// stream, the encodings of a sample and their conversion, channel maps, the errors of the
// errno table, WAV files, and the state that a program sees and sets ([Info], [Patch];
// audio(7I)).
//
// It is a leaf: it imports nothing of this module, starts no goroutine and keeps
// no state. All its functions may be called from any goroutine; a [Dither] and a
// [WAVOrder] belong to one stream.
//
// Amounts of audio are counted in frames (one sample for each channel), never in
// bytes or samples, unless a name says otherwise.
package audio
