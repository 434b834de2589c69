package oss

import (
	"bytes"
	"encoding/binary"
)

// Sizes of structures, in bytes.
const (
	spaceBytes   = 16   // audio_buf_info
	pointerBytes = 12   // count_info
	errorBytes   = 104  // audio_errinfo
	systemBytes  = 1248 // oss_sysinfo
	audioBytes   = 1180 // oss_audioinfo
	cardBytes    = 1176 // oss_card_info

	mixerBytes    = 92 // mixer_info
	oldMixerBytes = 48 // _old_mixer_info
)

// Int returns the number that a call takes.
func Int(in []byte) int { return int(int32(binary.NativeEndian.Uint32(in))) }

// PutInt writes the number that a call gives, of at most 32 bits.
func PutInt(out []byte, v int) { binary.NativeEndian.PutUint32(out, uint32(v)) }

func putInts(out []byte, all ...int) {
	for i, v := range all {
		PutInt(out[4*i:], v)
	}
}

// Space is audio_buf_info: how much can be read or written without sleeping.
type Space struct{ Fragments, Total, FragmentBytes, Bytes int }

// Put writes it.
func (s Space) Put(out []byte) { putInts(out, s.Fragments, s.Total, s.FragmentBytes, s.Bytes) }

// GetSpace reads it.
func GetSpace(in []byte) Space {
	return Space{Int(in), Int(in[4:]), Int(in[8:]), Int(in[12:])}
}

// wrap is where the bytes of a Pointer begin anew.
const wrap = 1 << 30

// Pointer is count_info: how far the device is.
type Pointer struct {
	Bytes  uint64 // since the end was opened; wraps at 2^30 in the structure
	Blocks int    // fragments since the last call
	Offset int    // of the fragment in the buffer, in bytes
}

// Put writes it.
func (p Pointer) Put(out []byte) { putInts(out, int(p.Bytes%wrap), p.Blocks, p.Offset) }

// PutCount writes oss_count_t: samples in the device, and frames that wait before it.
func PutCount(out []byte, frames uint64, waiting int) {
	binary.NativeEndian.PutUint64(out, frames)
	PutInt(out[8:], waiting)
}

// PutErrors writes audio_errinfo: bursts of lost frames when playing and when recording.
func PutErrors(out []byte, underruns, overruns int) { putInts(out, underruns, overruns) }

// text writes a string that ends with a NUL into a field, cut to fit.
func text(field []byte, s string) {
	clear(field)
	copy(field[:len(field)-1], s)
}

// System is oss_sysinfo.
type System struct {
	Product, Version, License string
	Audios                    int // devices that AUDIOINFO has
}

// Put writes it.
func (s System) Put(out []byte) {
	text(out[0:32], s.Product)
	text(out[32:64], s.Version)
	PutInt(out[64:], Version)
	PutInt(out[196:], s.Audios)
	PutInt(out[280:], 1)        // cards
	PutInt(out[284:], s.Audios) // engines
	text(out[288:304], s.License)
}

// Audio is oss_audioinfo: one device, which is one engine.
type Audio struct {
	Number             int
	Name, Handle, Node string
	Busy               int // OpenRead, OpenWrite
	PID                int
	Command            string // of the program that has it open
	Caps               int
	InFormats          int
	OutFormats         int
	MinRate, MaxRate   int
	MinChannels        int
	MaxChannels        int
	Song, Label        string
	Latency            int // µs
}

// Busy bits of Audio.
const (
	OpenRead  = 1
	OpenWrite = 2
)

// Put writes it. It has no mixer, and no legacy device: −1.
func (a Audio) Put(out []byte) {
	clear(out)
	PutInt(out, a.Number)
	text(out[4:68], a.Name)
	putInts(out[68:], a.Busy, a.PID, a.Caps, a.InFormats, a.OutFormats, 0)
	text(out[92:156], a.Command)
	const one = 1
	putInts(out[156:], 0, 0, -1, -1, one, 0, a.MinRate, a.MaxRate, a.MinChannels, a.MaxChannels, 0, 0)
	text(out[204:236], a.Handle)
	text(out[320:384], a.Song)
	text(out[384:400], a.Label)
	PutInt(out[400:], a.Latency)
	text(out[404:436], a.Node)
	putInts(out[436:], a.Number, a.Number) // the next engines
}

// PutCard writes oss_card_info.
func PutCard(out []byte, number int, short, long string) {
	clear(out)
	PutInt(out, number)
	text(out[4:20], short)
	text(out[20:148], long)
}

// Text reads a string that ends with a NUL, or with the field.
func Text(in []byte) string {
	if end := bytes.IndexByte(in, 0); end >= 0 {
		in = in[:end]
	}
	return string(in)
}

// PutText writes a string that ends with a NUL, cut to fit.
func PutText(out []byte, s string) { text(out, s) }
