// Package audio holds the vocabulary of the module: the [Format] of a stream, sample encodings
// and their conversion, channel positions, ports, and errors that carry an errno. Package state
// has the audio(7I) state of a device; package wav reads and writes files.
//
// It imports nothing else of this module, starts no goroutine and keeps no state. All functions
// are safe from any goroutine; a [Dither] and an [Order] belong to one stream.
//
// [Positions] are part of a [Format] and use ALSA's names. Most streams have none and are passed
// on channel by channel. WAV files use the order of their mask, FL FR FC LFE RL RR; ALSA uses
// FL FR RL RR FC LFE ([DefaultPositions]). An [Order] converts one into the other; [MatrixFor]
// mixes between channel counts.
//
// Amounts of audio are in frames (one sample per channel), never in bytes or samples, unless a
// name says otherwise.
package audio
