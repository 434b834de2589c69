//go:build reference

package reference

// #cgo LDFLAGS: -lsamplerate
// #include <samplerate.h>
import "C"

import (
	"errors"
	"runtime"

	"github.com/loopbridge/loopbridge/resample/resampletest"
)

const (
	samplerateFastest = C.SRC_SINC_FASTEST
	samplerateMedium  = C.SRC_SINC_MEDIUM_QUALITY
	samplerateBest    = C.SRC_SINC_BEST_QUALITY
)

type samplerate struct {
	state *C.SRC_STATE
	ratio float64
	end   C.int
}

func openSamplerate(quality C.int) func(in, out float64) (resampletest.Stream, error) {
	return func(in, out float64) (resampletest.Stream, error) {
		var code C.int
		state := C.src_new(quality, 2, &code)
		if state == nil {
			return nil, errors.New(C.GoString(C.src_strerror(code)))
		}
		return &samplerate{state: state, ratio: out / in}, nil
	}
}

func (s *samplerate) Process(out, in []float32) (given, taken int) {
	data := C.SRC_DATA{ // the library keeps no pointer
		output_frames: C.long(len(out) / 2), input_frames: C.long(len(in) / 2),
		end_of_input: s.end, src_ratio: C.double(s.ratio),
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	if len(out) > 0 {
		pinner.Pin(&out[0])
		data.data_out = (*C.float)(&out[0])
	}
	if len(in) > 0 {
		pinner.Pin(&in[0])
		data.data_in = (*C.float)(&in[0])
	} else {
		data.data_in = data.data_out // never read
	}
	if C.src_process(s.state, &data) != 0 {
		return 0, 0
	}
	return int(data.output_frames_gen), int(data.input_frames_used)
}

func (s *samplerate) Finish() { s.end = 1 }
