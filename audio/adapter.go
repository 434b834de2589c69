package audio

// Adapter brings blocks of frames into another encoding and other channels, at the same
// rate. It is for one goroutine at a time, and allocates nothing after NewAdapter.
type Adapter struct {
	from, to Format
	mixer    *Mixer // nil: as many channels
	in, out  []float32
}

// NewAdapter is an Adapter for blocks of up to so many frames. Channels are mixed as
// DefaultMatrix does.
func NewAdapter(from, to Format, frames int) *Adapter {
	a := &Adapter{from: from, to: to}
	if from.Channels != to.Channels {
		a.mixer = DefaultMatrix(from.Channels, to.Channels).Mixer()
		a.in, a.out = make([]float32, frames*from.Channels), make([]float32, frames*to.Channels)
	}
	return a
}

// Apply fills the beginning of dst with the whole frames of src. Where only the encoding
// is another, it does what Reencode does.
func (a *Adapter) Apply(dst, src []byte) {
	if a.mixer == nil {
		Reencode(a.to.Encoding, a.from.Encoding, dst, src)
		return
	}
	frames := len(src) / a.from.FrameBytes()
	in, out := a.in[:frames*a.from.Channels], a.out[:frames*a.to.Channels]
	a.from.Encoding.Decode(in, src)
	a.mixer.Apply(out, in)
	a.to.Encoding.Encode(dst, out, nil)
}
