package audio

// Adapter converts blocks of frames to another encoding and channel count at the same rate. It
// serves one goroutine at a time and allocates nothing after NewAdapter.
type Adapter struct {
	from, to Format
	mix      *ChannelMix // nil: channel counts are equal
	in, out  []float32
}

// NewAdapter returns an Adapter for blocks of at most frames frames. It mixes channels with
// DefaultMatrix.
func NewAdapter(from, to Format, frames int) *Adapter {
	a := &Adapter{from: from, to: to}
	if from.Channels != to.Channels {
		a.mix = DefaultMatrix(from.Channels, to.Channels).ChannelMix()
		a.in, a.out = make([]float32, frames*from.Channels), make([]float32, frames*to.Channels)
	}
	return a
}

// Apply converts the whole frames of src into the beginning of dst. If the channel counts are
// equal, it does what Reencode does.
func (a *Adapter) Apply(dst, src []byte) {
	if a.mix == nil {
		Reencode(a.to.Encoding, a.from.Encoding, dst, src)
		return
	}
	frames := len(src) / a.from.FrameBytes()
	in, out := a.in[:frames*a.from.Channels], a.out[:frames*a.to.Channels]
	a.from.Encoding.Decode(in, src)
	a.mix.Apply(out, in)
	a.to.Encoding.Encode(dst, out, nil)
}
