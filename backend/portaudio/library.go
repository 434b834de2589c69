//go:build portaudio && cgo

package portaudio

// #cgo LDFLAGS: -ldl
// #include <dlfcn.h>
// #include <stdlib.h>
import "C"

import (
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gordonklaus/portaudio"

	"github.com/loopbridge/loopbridge/audio"
)

// Built says whether this build has PortAudio.
const Built = true

const (
	file = "libportaudio.so.2"
	// notFor is the variable by which the ALSA plugin of loopbridge knows a process that must
	// not open it: PortAudio opens whatever alsa-lib knows to make its list.
	notFor = "LOOPBRIDGE_NOT_FOR"
	// How long PortAudio may take, before it is left behind: to look at all devices, to open
	// one, to start or stop it.
	patient, usual, brief = time.Minute, 10 * time.Second, 3 * time.Second
)

// loaded is PortAudio's own state, of which a process has one.
var loaded atomic.Bool

// Library is PortAudio, loaded. Any goroutine may call its methods.
type Library struct {
	clock   clock
	config  alsaConfig
	mu      sync.Mutex // one call of PortAudio at a time
	worker  *worker    // nil: none, or it hangs
	ready   bool       // initialised
	devices []Device
	infos   []*portaudio.DeviceInfo // of devices
	cards   map[int]string          // of the kernel, when the list was made
	streams int                     // open
	hangs   atomic.Int32            // calls that were left behind
	blocks  atomic.Int32            // those of them that others must not overtake
	jack    jack
}

// Load finds PortAudio on this machine, and does not yet start it. The build does not link
// it, so that a daemon runs where it is not installed: then the error is ErrNoDevice. ErrBusy:
// the process has a Library that is not closed.
func Load() (*Library, error) {
	if loaded.Swap(true) {
		return nil, audio.ErrBusy.With("PortAudio is loaded already: there is one in a process")
	}
	l := &Library{clock: newClock()}
	missing := ""
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.call(usual, func() { missing = open(file) }, nil)
	if err == nil && missing != "" {
		err = audio.ErrNoDevice.With("PortAudio is not installed here: %s; install it (Debian: libportaudio2)", missing)
	}
	if err != nil {
		l.end()
		return nil, err
	}
	// Now, while no thread of PortAudio can read the environment.
	_ = os.Setenv(notFor, strconv.Itoa(os.Getpid()))
	l.config.add()
	return l, nil
}

// open loads a library, for all that have not found its symbols yet, or says why not.
func open(file string) (missing string) {
	name := C.CString(file)
	defer C.free(unsafe.Pointer(name))
	if C.dlopen(name, C.RTLD_LAZY|C.RTLD_GLOBAL) == nil {
		return C.GoString(C.dlerror())
	}
	return ""
}

// Devices are those that PortAudio knows. It looks again if none of them is open. The caller
// owns the list. ErrIO: a host API does not start.
func (l *Library) Devices() ([]Device, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.look(l.streams == 0); err != nil {
		return nil, err
	}
	return append([]Device(nil), l.devices...), nil
}

// Close gives PortAudio back, after all streams were closed; ErrBusy: they were not. A Library
// that was closed must not be used.
func (l *Library) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams > 0 {
		return audio.ErrBusy.With("PortAudio still has %d streams open", l.streams)
	}
	var err error
	if l.ready && l.hangs.Load() == 0 { // else it would hang as well
		l.ready = false
		if late := l.call(usual, func() { err = portaudio.Terminate() }, nil); late != nil {
			err = late
		}
	}
	l.end()
	return err
}

func (l *Library) end() {
	if l.worker != nil {
		l.worker.close()
		l.worker = nil
	}
	l.config.remove()
	loaded.Store(false)
}

// call makes a call of PortAudio. One that takes too long is left behind, late follows it, and
// there is no other until it is back: PortAudio is not made for two at a time. The caller
// holds mu.
func (l *Library) call(limit time.Duration, f, late func()) error {
	return l.make(limit, f, late, &l.blocks)
}

// callBeside is for calls that concern one stream only, such as a stop: if one is left behind,
// others may go on. The caller holds mu.
func (l *Library) callBeside(limit time.Duration, f func()) error {
	return l.make(limit, f, nil, new(atomic.Int32))
}

func (l *Library) make(limit time.Duration, f, late func(), left *atomic.Int32) error {
	if l.blocks.Load() > 0 {
		return audio.ErrIO.With("PortAudio hangs in an earlier call")
	}
	if l.worker == nil {
		l.worker = newWorker()
	}
	left.Add(1) // before somebody can find that it is back
	l.hangs.Add(1)
	back := func() {
		left.Add(-1)
		l.hangs.Add(-1)
	}
	done := l.worker.do(limit, f, func() {
		if late != nil {
			late()
		}
		back()
	})
	if done {
		back()
		return nil
	}
	l.worker.leave()
	l.worker = nil
	return audio.ErrIO.With("PortAudio does not answer, and was left behind after %v", limit)
}

// look starts PortAudio, which then makes its list; again: also if it has one. The caller
// holds mu.
func (l *Library) look(again bool) error {
	if l.hangs.Load() > 0 {
		again = false // to end it would hang as well
	}
	if l.ready && !again {
		return nil
	}
	var err error
	var infos []*portaudio.DeviceInfo
	was, cards := l.ready, cardNames() // a card that comes meanwhile is none of these
	l.ready = false
	late := l.call(patient, func() {
		if was {
			_ = portaudio.Terminate()
		}
		l.jack.begin()
		if err = portaudio.Initialize(); err == nil {
			infos, err = portaudio.Devices()
		}
	}, func() {
		if err == nil {
			_ = portaudio.Terminate()
		}
	})
	if late != nil {
		return late
	}
	if err != nil {
		return audio.ErrIO.With("PortAudio does not start: %s; what its libraries say to that is in a log of level debug", words(err))
	}
	l.ready, l.infos, l.cards = true, infos, cards
	l.devices = make([]Device, len(l.infos))
	for i, info := range l.infos {
		l.devices[i] = deviceOf(info)
	}
	return nil
}

func deviceOf(info *portaudio.DeviceInfo) Device {
	api := info.HostApi
	return Device{
		HostAPI: hostAPI(api), Name: info.Name, Rate: int(info.DefaultSampleRate),
		Play:   Side{info.MaxOutputChannels, info.DefaultLowOutputLatency, info.DefaultHighOutputLatency, api.DefaultOutputDevice == info},
		Record: Side{info.MaxInputChannels, info.DefaultLowInputLatency, info.DefaultHighInputLatency, api.DefaultInputDevice == info},
	}
}

// hostAPI is a short name: JACK, not JACK Audio Connection Kit. The binding knows those up to
// AudioScienceHPI.
func hostAPI(api *portaudio.HostApiInfo) string {
	if api.Type >= 0 && api.Type <= portaudio.AudioScienceHPI && api.Type.String() != "" {
		return api.Type.String()
	}
	return api.Name
}
