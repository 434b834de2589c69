package sun

import (
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Sizes of the structures, in bytes.
const (
	InfoBytes   = 132 // audio_info_t
	DeviceBytes = 48  // audio_device_t
	sideBytes   = 56  // audio_prinfo_t
)

// The calls, as ioctl(2) has them.
const (
	GetInfo   = 2<<30 | InfoBytes<<16 | 'A'<<8 | 1
	SetInfo   = 3<<30 | InfoBytes<<16 | 'A'<<8 | 2
	Drain     = 'A'<<8 | 3
	GetDevice = 2<<30 | DeviceBytes<<16 | 'A'<<8 | 4
)

// field is a value in the structure.
type field struct {
	at, bytes int
	field     state.Field // of play
}

// sideFields are those of audio_prinfo_t that have one value each. Encoding and precision belong together.
func sideFields() []field {
	return []field{
		{0, 4, state.PlaySampleRate}, {4, 4, state.PlayChannels},
		{16, 4, state.PlayGain}, {20, 4, state.PlayPort}, {24, 4, state.PlayAvailPorts}, {28, 4, state.PlayModPorts},
		{36, 4, state.PlayBufferSize}, {40, 4, state.PlaySamples}, {44, 4, state.PlayEOF},
		{48, 1, state.PlayPause}, {49, 1, state.PlayError}, {50, 1, state.PlayWaiting}, {51, 1, state.PlayBalance},
		{54, 1, state.PlayOpen}, {55, 1, state.PlayActive},
	}
}

// Offsets of what is no row of sideFields.
const (
	precisionAt = 8
	encodingAt  = 12
	minorAt     = 52 // 16 bits
)

// wholeFields are those of the device.
func wholeFields() []field {
	return []field{
		{112, 4, state.MonitorGain}, {116, 1, state.OutputMuted}, {117, 1, state.RefCount}, {120, 4, state.HWFeatureBits},
		{124, 4, state.SWFeatureBits}, {128, 4, state.SWFeatureBits}, // those that there are, and those in use
	}
}

func (f field) get(b []byte) uint32 {
	if f.bytes == 1 {
		return uint32(b[f.at])
	}
	return binary.NativeEndian.Uint32(b[f.at:])
}

func (f field) put(b []byte, v uint32) {
	if f.bytes == 1 {
		b[f.at] = byte(min(v, 0xFF))
		return
	}
	binary.NativeEndian.PutUint32(b[f.at:], v)
}

// unchanged reports whether AUDIO_INITINFO left the value.
func (f field) unchanged(v uint32) bool { return f.bytes == 1 && v == 0xFF || v == 0xFFFFFFFF }

// Put writes audio_info_t.
func Put(out []byte, i *state.Info) {
	clear(out[:InfoBytes])
	for _, d := range audio.Directions() {
		side := out[d.Index()*sideBytes:][:sideBytes]
		for _, f := range sideFields() {
			f.put(side, f.field.On(d).Get(i))
		}
		word, bits := wordOf(i.Side(d).Format.Encoding)
		binary.NativeEndian.PutUint32(side[encodingAt:], word)
		binary.NativeEndian.PutUint32(side[precisionAt:], bits)
		binary.NativeEndian.PutUint16(side[minorAt:], 0)
	}
	for _, f := range wholeFields() {
		f.put(out, f.field.Get(i))
	}
}

// Decode returns the fields that a SETINFO sets: those that AUDIO_INITINFO did not leave, without those that cannot be set. now
// has the encoding and the precision that go with one of which only the other is given. ErrInvalid: a value is out of range.
func Decode(in []byte, now *state.Info) (p state.Patch, err error) {
	set := func(f field, to state.Field, b []byte) error {
		v := f.get(b)
		same := v == to.Get(now) && to.Access()&state.Counts == 0 // given back as it was got
		if same || f.unchanged(v) || to.Access()&state.Settable == 0 || to == state.PlayBufferSize {
			return nil
		}
		return p.Set(to, v)
	}
	for _, d := range audio.Directions() {
		side := in[d.Index()*sideBytes:][:sideBytes]
		for _, f := range sideFields() {
			if err := set(f, f.field.On(d), side); err != nil {
				return state.Patch{}, err
			}
		}
		if err := encoding(&p, side, d, now.Side(d).Format.Encoding); err != nil {
			return state.Patch{}, err
		}
	}
	for _, f := range wholeFields() {
		if err := set(f, f.field, in); err != nil {
			return state.Patch{}, err
		}
	}
	return p, nil
}

// PutDevice writes audio_device_t.
func PutDevice(out []byte, name, version, config string) {
	clear(out[:DeviceBytes])
	for i, text := range []string{name, version, config} {
		copy(out[16*i:16*i+15], text)
	}
}
