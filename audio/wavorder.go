package audio

// wavOrders says for 5 to 8 channels which channel of a WAV file, in the order of its
// mask, each channel of a stream is, in the order of DefaultMatrix. For other counts
// there is no difference.
var wavOrders = [9][]int{
	5: {0, 1, 3, 4, 2},
	6: {0, 1, 4, 5, 2, 3},
	7: {0, 1, 5, 6, 2, 3, 4},
	8: {0, 1, 4, 5, 2, 3, 6, 7},
}

// WAVOrder rearranges frames between the order of a WAV file and that of a stream. It is
// for one goroutine; the zero value leaves them as they are.
type WAVOrder struct {
	order []int
	size  int    // of a sample, in bytes
	frame []byte // room for one
}

// NewWAVOrder is for frames of a format.
func NewWAVOrder(f Format) WAVOrder {
	if f.Channels >= len(wavOrders) || wavOrders[f.Channels] == nil {
		return WAVOrder{}
	}
	return WAVOrder{wavOrders[f.Channels], f.Encoding.Bytes(), make([]byte, f.FrameBytes())}
}

// FromFile makes whole frames of a file, in place, those of a stream.
func (w WAVOrder) FromFile(frames []byte) {
	for ; len(w.order) > 0 && len(frames) >= len(w.frame); frames = frames[len(w.frame):] {
		copy(w.frame, frames)
		for stream, file := range w.order {
			copy(frames[stream*w.size:][:w.size], w.frame[file*w.size:])
		}
	}
}

// ToFile makes whole frames of a stream, in place, those of a file.
func (w WAVOrder) ToFile(frames []byte) {
	for ; len(w.order) > 0 && len(frames) >= len(w.frame); frames = frames[len(w.frame):] {
		copy(w.frame, frames)
		for stream, file := range w.order {
			copy(frames[file*w.size:][:w.size], w.frame[stream*w.size:])
		}
	}
}
