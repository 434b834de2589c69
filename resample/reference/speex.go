//go:build reference

package reference

// #cgo LDFLAGS: -lspeexdsp
// #include <speex/speex_resampler.h>
import "C"

import (
	"fmt"
	"math"

	"github.com/loopbridge/loopbridge/resample/resampletest"
)

type speex struct {
	state *C.SpeexResamplerState
	tail  []float32 // silence that flushes the rest
}

func openSpeex(quality C.int) func(in, out float64) (resampletest.Stream, error) {
	return func(in, out float64) (resampletest.Stream, error) {
		const parts = 10000 // of a hertz, so that 1.0001 is exact
		num, den := C.spx_uint32_t(math.Round(in*parts)), C.spx_uint32_t(math.Round(out*parts))
		var code C.int
		state := C.speex_resampler_init_frac(2, num, den, C.spx_uint32_t(in), C.spx_uint32_t(out), quality, &code)
		if state == nil {
			return nil, fmt.Errorf("speexdsp: error %d", code)
		}
		return &speex{state: state}, nil
	}
}

func (s *speex) Process(out, in []float32) (given, taken int) {
	flushing := len(in) == 0
	if flushing {
		in = s.tail
	}
	if len(out) == 0 || len(in) == 0 {
		return 0, 0
	}
	used, made := C.spx_uint32_t(len(in)/2), C.spx_uint32_t(len(out)/2)
	C.speex_resampler_process_interleaved_float(s.state, (*C.float)(&in[0]), &used, (*C.float)(&out[0]), &made)
	if flushing {
		s.tail = s.tail[2*used:]
		return int(made), 0
	}
	return int(made), int(used)
}

func (s *speex) Finish() {
	s.tail = make([]float32, 2*int(C.speex_resampler_get_input_latency(s.state)))
}
