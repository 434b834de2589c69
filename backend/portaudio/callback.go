//go:build portaudio && cgo

package portaudio

import (
	"reflect"
	"unsafe"

	"github.com/gordonklaus/portaudio"
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// callback returns a function whose type tells PortAudio encoding and directions; PortAudio calls
// it by reflection, where each parameter costs. It has been called once with no frames, because
// reflection allocates at the first call.
func (s *stream) callback() any {
	f := s.untried()
	v := reflect.ValueOf(f)
	nothing := make([]reflect.Value, v.Type().NumIn())
	for i := range nothing {
		nothing[i] = reflect.Zero(v.Type().In(i))
	}
	v.Call(nothing)
	return f
}

func (s *stream) untried() any {
	format := s.playFormat
	if format.IsZero() {
		format = s.recordFormat
	}
	switch format.Encoding {
	case audio.U8:
		return typed[uint8](s)
	case audio.S8:
		return typed[int8](s)
	case audio.S16LE:
		return typed[int16](s)
	case audio.S24LE3:
		return typed[portaudio.Int24](s)
	case audio.S32LE:
		return typed[int32](s)
	}
	return typed[float32](s)
}

func typed[T any](s *stream) any {
	switch {
	case s.recordFormat.IsZero():
		return func(out []T, t portaudio.StreamCallbackTimeInfo, flags portaudio.StreamCallbackFlags) {
			s.process(nil, bytesOf(out), t, flags)
		}
	case s.playFormat.IsZero():
		return func(in []T, t portaudio.StreamCallbackTimeInfo, flags portaudio.StreamCallbackFlags) {
			s.process(bytesOf(in), nil, t, flags)
		}
	}
	return func(in, out []T, t portaudio.StreamCallbackTimeInfo, flags portaudio.StreamCallbackFlags) {
		s.process(bytesOf(in), bytesOf(out), t, flags)
	}
}

// bytesOf returns the memory of samples, which belongs to C.
func bytesOf[T any](samples []T) []byte {
	var sample T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(samples))), len(samples)*int(unsafe.Sizeof(sample)))
}

// process handles one block on PortAudio's thread. It neither blocks nor allocates.
func (s *stream) process(in, out []byte, t portaudio.StreamCallbackTimeInfo, flags portaudio.StreamCallbackFlags) {
	if len(in)+len(out) == 0 {
		return
	}
	now := s.library.clock.now()
	if s.thread.calling.Load() == 0 {
		s.thread.calling.Store(int32(unix.Gettid()))
	}
	var what trouble
	if flags&(portaudio.InputOverflow|portaudio.OutputUnderflow|portaudio.OutputOverflow) != 0 {
		what |= xrun
	}
	if flags&portaudio.OutputUnderflow != 0 {
		what |= noPlay
	}
	if flags&portaudio.InputUnderflow != 0 {
		what |= noRecord
	}
	frames := 0
	if s.flow.play != nil {
		frames = len(out) / s.flow.play.frame
		s.playLatency.note(t.OutputBufferDacTime - t.CurrentTime)
	} else {
		frames = len(in) / s.flow.record.frame
	}
	if s.flow.record != nil {
		s.recordLatency.note(t.CurrentTime - t.InputBufferAdcTime)
	}
	s.flow.process(in, out, frames, now, what)
}
