package state

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// HWFeatures is what the device can do: hw_features.
type HWFeatures uint32

// The bits of hw_features.
const (
	HWDuplex  HWFeatures = 1 << iota // plays and records at the same time
	HWMSCodec                        // the codec is a multi-stream one
	HWIn2Out                         // has a monitor path: monitor_gain can be set
	HWPlay                           // has a play side
	HWRecord                         // has a record side
)

func hwNames() []string { return []string{"duplex", "mscodec", "in2out", "play", "record"} }

// String is the names, such as "duplex+play+record", or "none".
func (h HWFeatures) String() string { return bits.Text(uint32(h), hwNames()) }

// sides are the directions that the device has.
func (h HWFeatures) sides() (d audio.Direction) {
	if h&HWPlay != 0 {
		d |= audio.Play
	}
	if h&HWRecord != 0 {
		d |= audio.Record
	}
	return d
}

// SWFeatures is what the driver adds: sw_features.
type SWFeatures uint32

// SWMixer is the only bit of sw_features: several programs can play at once.
const SWMixer SWFeatures = 1

func swNames() []string { return []string{"mixer"} }

// String is "mixer" or "none".
func (s SWFeatures) String() string { return bits.Text(uint32(s), swNames()) }
