// Package analysis measures all that there is to say of a piece of sound: levels, loudness, the tone that stands out of it,
// its spectrum and its bands. One goroutine at a time may use an Analysis; nothing blocks.
package analysis
