package state

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// HWFeatures is hw_features: what the device can do.
type HWFeatures uint32

// The bits of hw_features.
const (
	HWDuplex  HWFeatures = 1 << iota // plays and records at the same time
	HWMSCodec                        // has a multi-stream codec
	HWIn2Out                         // has a monitor path: monitor_gain can be set
	HWPlay                           // has a play side
	HWRecord                         // has a record side
)

func hwNames() []string { return []string{"duplex", "mscodec", "in2out", "play", "record"} }

// String returns the names, such as "duplex+play+record", or "none".
func (h HWFeatures) String() string { return bits.Text(uint32(h), hwNames()) }

// sides returns the directions that the device has.
func (h HWFeatures) sides() (d audio.Direction) {
	if h&HWPlay != 0 {
		d |= audio.Play
	}
	if h&HWRecord != 0 {
		d |= audio.Record
	}
	return d
}

// SWFeatures is sw_features: what the driver adds.
type SWFeatures uint32

// SWMixer is the only bit of sw_features: several programs can play at once.
const SWMixer SWFeatures = 1

func swNames() []string { return []string{"mixer"} }

// String returns "mixer" or "none".
func (s SWFeatures) String() string { return bits.Text(uint32(s), swNames()) }
