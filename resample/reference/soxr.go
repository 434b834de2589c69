//go:build reference

package reference

// #cgo LDFLAGS: -lsoxr
// #include <soxr.h>
import "C"

import (
	"errors"
	"unsafe"

	"github.com/loopbridge/loopbridge/resample/resampletest"
)

const (
	soxrHQ  = C.SOXR_HQ
	soxrVHQ = C.SOXR_VHQ
)

type soxr struct {
	state    C.soxr_t
	finished bool
}

func openSoxr(quality C.ulong, variable bool) func(in, out float64) (resampletest.Stream, error) {
	return func(in, out float64) (resampletest.Stream, error) {
		flags, most := C.ulong(0), out
		if variable {
			flags, in, most = C.SOXR_VR, in*1.1, out // the largest ratio is fixed at the start
		}
		io := C.soxr_io_spec(C.SOXR_FLOAT32_I, C.SOXR_FLOAT32_I)
		spec := C.soxr_quality_spec(quality, flags)
		threads := C.soxr_runtime_spec(1)
		var why C.soxr_error_t
		state := C.soxr_create(C.double(in), C.double(most), 2, &why, &io, &spec, &threads)
		if why != nil {
			return nil, errors.New(C.GoString(why))
		}
		if variable {
			C.soxr_set_io_ratio(state, C.double(in/1.1/out), 0)
		}
		return &soxr{state: state}, nil
	}
}

func (s *soxr) Process(out, in []float32) (given, taken int) {
	var used, made C.size_t
	if len(out) == 0 || len(in) == 0 && !s.finished {
		return 0, 0
	}
	var from unsafe.Pointer
	if len(in) > 0 {
		from = unsafe.Pointer(&in[0])
	}
	C.soxr_process(s.state, C.soxr_in_t(from), C.size_t(len(in)/2), &used,
		C.soxr_out_t(unsafe.Pointer(&out[0])), C.size_t(len(out)/2), &made)
	return int(made), int(used)
}

func (s *soxr) Finish() { s.finished = true }
