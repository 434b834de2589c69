package state

import (
	"fmt"
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// Kind says how a value is written.
type Kind uint8

// The kinds. Every value is held in 32 bits; a gain_db is held as its gain.
const (
	KindNumber   Kind = iota + 1 // decimal, or 0x and hexadecimal
	KindFlag                     // 0 or 1; JSON false or true
	KindDecibels                 // with two decimals, or -inf
	KindPorts                    // names joined with +
	KindFeatures                 // names joined with +
	KindEncoding                 // an ALSA name
)

// String returns the kind as one word.
func (k Kind) String() string {
	names := [...]string{"", "number", "flag", "decibels", "ports", "features", "encoding"}
	if int(k) >= len(names) {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return names[k]
}

// row describes a field. A row of a side serves both sides.
type row struct {
	name   string
	kind   Kind
	access Access
	min    uint32 // for messages only: 0 is accepted too, as printed for a missing side
	max    uint32
}

const formatAccess = Settable | OfFormat

// rows has the fields of play and of the device. Those of record are empty.
var rows = [endOfFields]row{
	PlaySampleRate: {"sample_rate", KindNumber, formatAccess, audio.MinRate, audio.MaxRate},
	PlayChannels:   {"channels", KindNumber, formatAccess, 1, audio.MaxChannels},
	PlayPrecision:  {"precision", KindNumber, formatAccess | Derived, 8, 64},
	PlayEncoding:   {"encoding", KindEncoding, formatAccess, 0, 0},
	PlayGain:       {"gain", KindNumber, Settable | Kept, 0, infoMaxGain},
	PlayGainDB:     {"gain_db", KindDecibels, Settable | Derived, 0, 0},
	PlayPort:       {"port", KindPorts, Settable | Kept, 0, 0},
	PlayAvailPorts: {"avail_ports", KindPorts, 0, 0, 0},
	PlayModPorts:   {"mod_ports", KindPorts, 0, 0, 0},
	PlayBufferSize: {"buffer_size", KindNumber, Settable, 1, math.MaxUint32},
	PlaySamples:    {"samples", KindNumber, Settable | Counts, 0, math.MaxUint32},
	PlayEOF:        {"eof", KindNumber, Settable | WhileOpen | Counts, 0, math.MaxUint32},
	PlayPause:      {"pause", KindFlag, Settable | WhileOpen, 0, 1},
	PlayError:      {"error", KindFlag, Settable | WhileOpen | Counts, 0, 1},
	PlayWaiting:    {"waiting", KindFlag, Settable | WhileOpen | RaiseOnly, 0, 1},
	PlayBalance:    {"balance", KindNumber, Settable | Kept, 0, infoMaxBalance},
	PlayOpen:       {"open", KindFlag, 0, 0, 1},
	PlayActive:     {"active", KindFlag, 0, 0, 1},
	PlayDelay:      {"delay", KindNumber, 0, 0, math.MaxUint32},
	MonitorGain:    {"monitor_gain", KindNumber, Settable | Kept, 0, infoMaxGain},
	OutputMuted:    {"output_muted", KindFlag, Settable | Kept, 0, 1},
	RefCount:       {"ref_cnt", KindNumber, 0, 0, math.MaxUint8},
	HWFeatureBits:  {"hw_features", KindFeatures, 0, 0, 0},
	SWFeatureBits:  {"sw_features", KindFeatures, 0, 0, 0},
}

func (f Field) row() *row {
	if !f.Valid() {
		return &rows[0]
	}
	return &rows[f.base()]
}

// Kind returns how values of the field are written.
func (f Field) Kind() Kind { return f.row().kind }

// Access returns the effect of a set on the field.
func (f Field) Access() Access {
	if f == RecordEOF {
		return Settable | NoEffect
	}
	return f.row().access
}

// Range describes the valid values for people: "0..255", "speaker, headphone, … joined with +".
// A device may allow fewer.
func (f Field) Range() string {
	switch f.Kind() {
	case KindFlag:
		return "0 or 1"
	case KindDecibels:
		return "-inf..0"
	case KindPorts, KindFeatures:
		return bits.Range(f.bitNames())
	case KindEncoding:
		return audio.EncodingNames()
	}
	return fmt.Sprintf("%d..%d", f.row().min, f.row().max)
}

// bitNames returns the names of the bits of f.
func (f Field) bitNames() []string {
	switch f {
	case HWFeatureBits:
		return hwNames()
	case SWFeatureBits:
		return swNames()
	}
	return audio.PortNames(f.Side())
}

// Get returns the value as the 32 bits of audio(7I), with a flag as 0 or 1 and gain_db as its
// gain.
func (f Field) Get(i *Info) uint32 {
	s := i.Side(f.Side())
	switch f.base() {
	case PlaySampleRate:
		return uint32(s.Format.Rate)
	case PlayChannels:
		return uint32(s.Format.Channels)
	case PlayPrecision:
		return uint32(s.Format.Encoding.Bits())
	case PlayEncoding:
		return uint32(s.Format.Encoding)
	case PlayGain, PlayGainDB:
		return uint32(s.Gain)
	case PlayPort:
		return uint32(s.Port)
	case PlayAvailPorts:
		return uint32(s.AvailPorts)
	case PlayModPorts:
		return uint32(s.ModPorts)
	case PlayBufferSize:
		return uint32(s.BufferBytes)
	case PlaySamples:
		return s.Samples
	case PlayEOF:
		return s.EOF
	case PlayBalance:
		return uint32(s.Balance)
	case PlayDelay:
		return uint32(s.Delay)
	case MonitorGain:
		return uint32(i.MonitorGain)
	case RefCount:
		return uint32(i.RefCount)
	case HWFeatureBits:
		return uint32(i.HW)
	case SWFeatureBits:
		return uint32(i.SW)
	}
	if p := f.flag(i); p != nil && *p {
		return 1
	}
	return 0
}

// put stores a value of Get without checking it. It ignores derived fields.
func (f Field) put(i *Info, v uint32) {
	s := i.Side(f.Side())
	switch f.base() {
	case PlaySampleRate:
		s.Format.Rate = int(v)
	case PlayChannels:
		s.Format.Channels = int(v)
	case PlayEncoding:
		s.Format.Encoding = audio.Encoding(v)
	case PlayGain:
		s.Gain = int(v)
	case PlayPort:
		s.Port = audio.Ports(v)
	case PlayAvailPorts:
		s.AvailPorts = audio.Ports(v)
	case PlayModPorts:
		s.ModPorts = audio.Ports(v)
	case PlayBufferSize:
		s.BufferBytes = int(v)
	case PlaySamples:
		s.Samples = v
	case PlayEOF:
		s.EOF = v
	case PlayBalance:
		s.Balance = int(v)
	case PlayDelay:
		s.Delay = int(v)
	case MonitorGain:
		i.MonitorGain = int(v)
	case RefCount:
		i.RefCount = int(v)
	case HWFeatureBits:
		i.HW = HWFeatures(v)
	case SWFeatureBits:
		i.SW = SWFeatures(v)
	default:
		if p := f.flag(i); p != nil {
			*p = v != 0
		}
	}
}

func (f Field) flag(i *Info) *bool {
	s := i.Side(f.Side())
	switch f.base() {
	case PlayPause:
		return &s.Pause
	case PlayError:
		return &s.Error
	case PlayWaiting:
		return &s.Waiting
	case PlayOpen:
		return &s.Open
	case PlayActive:
		return &s.Active
	case OutputMuted:
		return &i.OutputMuted
	}
	return nil
}
