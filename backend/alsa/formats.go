package alsa

import "github.com/loopbridge/loopbridge/audio"

// formats returns the kernel's number for each encoding.
func formats() map[audio.Encoding]int {
	return map[audio.Encoding]int{
		audio.S8: 0, audio.U8: 1, audio.S16LE: 2, audio.S16BE: 3, audio.S24LE: 6, audio.S24BE: 7, audio.S32LE: 10,
		audio.S32BE:   11,
		audio.FloatLE: 14, audio.FloatBE: 15, audio.Float64LE: 16, audio.Float64BE: 17, audio.MuLaw: 20, audio.ALaw: 21,
		audio.S24LE3: 32, audio.S24BE3: 33,
	}
}

// nearest returns the available encoding that keeps most of wish: wish itself, else the narrowest
// that holds it, else the one with the most bits.
func nearest(wish audio.Encoding, can func(audio.Encoding) bool) (best audio.Encoding, ok bool) {
	if can(wish) {
		return wish, true
	}
	holds := false
	for _, e := range audio.Encodings() {
		switch better := e.Bits() < best.Bits(); {
		case !can(e):
		case !ok, e.Holds(wish) && (!holds || better), !holds && !better && e.Bits() > best.Bits():
			best, ok, holds = e, true, e.Holds(wish)
		}
	}
	return best, ok
}
