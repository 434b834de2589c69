// Package audio holds what every other package speaks of: the [Format] of a
// stream, the encodings of a sample and their conversion, channel maps, ports, and the errors of
// the errno table. Package state has the state of audio(7I), package wav files.
//
// It is a leaf: it imports nothing else of this module, starts no goroutine and keeps
// no state. All its functions may be called from any goroutine; a [Dither] and an
// [Order] belong to one stream.
//
// Where channels stand is a part of their [Format], with the words of ALSA ([Positions]). Most
// streams do not say, and are passed on channel by channel. WAV files have the order of their
// mask, FL FR FC LFE RL RR; ALSA has FL FR RL RR FC LFE ([DefaultPositions]); an [Order]
// brings one into the other, [MatrixFor] more channels into fewer.
//
// Amounts of audio are counted in frames (one sample for each channel), never in
// bytes or samples, unless a name says otherwise.
package audio
