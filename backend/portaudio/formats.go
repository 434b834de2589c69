package portaudio

import "github.com/loopbridge/loopbridge/audio"

// encodings lists what PortAudio accepts, in native byte order. PortAudio converts to the
// device's encoding, without loss if that has as many bits.
func encodings() []audio.Encoding {
	return []audio.Encoding{audio.U8, audio.S8, audio.S16LE, audio.S24LE3, audio.S32LE, audio.FloatLE}
}

// nearest returns the encoding of PortAudio that keeps most of wish: wish itself, else the
// narrowest that holds it, else the one with the most bits.
func nearest(wish audio.Encoding, host string) (best audio.Encoding) {
	if host == "JACK" {
		return audio.FloatLE // JACK has nothing else, and PortAudio's conversion to it is not exact
	}
	for _, e := range encodings() {
		switch {
		case e == wish:
			return e
		case best == 0, e.Holds(wish) && (!best.Holds(wish) || e.Bits() < best.Bits()),
			!best.Holds(wish) && e.Bits() > best.Bits():
			best = e
		}
	}
	return best
}
