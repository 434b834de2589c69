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

// Built reports whether this build has PortAudio.
const Built = true

const (
	file = "libportaudio.so.2"
	// notFor tells the ALSA plugin of loopbridge which process it must refuse: PortAudio opens
	// every PCM of alsa-lib to make its list.
	notFor = "LOOPBRIDGE_NOT_FOR"
	// Timeouts of PortAudio: to list all devices, to open one, to start or stop one.
	patient, usual, brief = time.Minute, 10 * time.Second, 3 * time.Second
)

// loaded guards PortAudio's state, of which a process has one.
var loaded atomic.Bool

// Library is a loaded PortAudio. Any goroutine may call its methods.
type Library struct {
	clock   clock
	config  alsaConfig
	mu      sync.Mutex // held during a call of PortAudio
	worker  *worker    // nil: none, or abandoned
	ready   bool       // initialised
	devices []Device
	infos   []*portaudio.DeviceInfo // of devices
	cards   map[int]string          // the kernel's, when the list was made
	streams int                     // number open
	hangs   atomic.Int32            // abandoned calls that have not returned
	blocks  atomic.Int32            // those of them that no other call may overtake
	jack    jack
}

// Load loads PortAudio without starting it. The build does not link it, so a daemon also runs
// where it is not installed; Load then returns ErrNoDevice. It returns ErrBusy if the process has
// a Library that is not closed.
func Load() (*Library, error) {
	if loaded.Swap(true) {
		return nil, audio.ErrBusy.With("PortAudio is loaded already; a process can load it once")
	}
	l := &Library{clock: newClock()}
	missing := ""
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.callLocked(usual, func() { missing = open(file) }, nil)
	if err == nil && missing != "" {
		err = audio.ErrNoDevice.With("PortAudio is not installed here: %s; install it (Debian: libportaudio2)", missing)
	}
	if err != nil {
		l.endLocked()
		return nil, err
	}
	// Set it now, while no thread of PortAudio can read the environment.
	_ = os.Setenv(notFor, strconv.Itoa(os.Getpid()))
	l.config.add()
	return l, nil
}

// open loads a shared library for all users of its symbols. On failure it returns the reason.
func open(file string) (missing string) {
	name := C.CString(file)
	defer C.free(unsafe.Pointer(name))
	if C.dlopen(name, C.RTLD_LAZY|C.RTLD_GLOBAL) == nil {
		return C.GoString(C.dlerror())
	}
	return ""
}

// Devices returns the devices that PortAudio knows. It lists them again if no stream is open. The
// caller owns the result. The error is ErrIO if a host API does not start.
func (l *Library) Devices() ([]Device, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.startLocked
	if l.streams == 0 {
		list = l.rescanLocked
	}
	if err := list(); err != nil {
		return nil, err
	}
	return append([]Device(nil), l.devices...), nil
}

// Close terminates PortAudio. It returns ErrBusy while streams are open. A closed Library must
// not be used.
func (l *Library) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams > 0 {
		return audio.ErrBusy.With("PortAudio still has %d streams open", l.streams)
	}
	var err error
	if l.ready && l.hangs.Load() == 0 { // else Terminate would hang, too
		l.ready = false
		if late := l.callLocked(usual, func() { err = portaudio.Terminate() }, nil); late != nil {
			err = late
		}
	}
	l.endLocked()
	return err
}

func (l *Library) endLocked() {
	if l.worker != nil {
		l.worker.close()
		l.worker = nil
	}
	l.config.remove()
	loaded.Store(false)
}

// callLocked runs f on PortAudio's thread. If f exceeds limit, it is abandoned: late runs after it, and
// no other call starts until both have returned, as PortAudio does not allow two calls at a time.
func (l *Library) callLocked(limit time.Duration, f, late func()) error {
	return l.makeLocked(limit, f, late, &l.blocks)
}

// callBesideLocked is callLocked for calls about one stream, such as a stop: if f is abandoned,
// other calls may start.
func (l *Library) callBesideLocked(limit time.Duration, f func()) error {
	return l.makeLocked(limit, f, nil, new(atomic.Int32))
}

func (l *Library) makeLocked(limit time.Duration, f, late func(), left *atomic.Int32) error {
	if l.blocks.Load() > 0 {
		return audio.ErrIO.With("PortAudio hangs in an earlier call")
	}
	if l.worker == nil {
		l.worker = newWorker()
	}
	left.Add(1) // before the abandoned call can return
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
	return audio.ErrIO.With("PortAudio does not answer and was abandoned after %v", limit)
}

// startLocked starts PortAudio and lists the devices, unless it has done so.
func (l *Library) startLocked() error {
	if l.ready {
		return nil
	}
	return l.listLocked()
}

// rescanLocked lists the devices again, unless a hanging call would make Terminate hang, too.
func (l *Library) rescanLocked() error {
	if l.ready && l.hangs.Load() > 0 {
		return nil
	}
	return l.listLocked()
}

func (l *Library) listLocked() error {
	var err error
	var infos []*portaudio.DeviceInfo
	was, cards := l.ready, cardNames() // read first: a card that comes now is not in the list
	l.ready = false
	late := l.callLocked(patient, func() {
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
		return audio.ErrIO.With("PortAudio does not start: %s; what its libraries report is in the log at level debug",
			words(err))
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
		Play: Side{info.MaxOutputChannels, info.DefaultLowOutputLatency, info.DefaultHighOutputLatency,
			api.DefaultOutputDevice == info},
		Record: Side{info.MaxInputChannels, info.DefaultLowInputLatency, info.DefaultHighInputLatency,
			api.DefaultInputDevice == info},
	}
}

// hostAPI returns a short name: JACK, not JACK Audio Connection Kit. The binding knows those up
// to AudioScienceHPI.
func hostAPI(api *portaudio.HostApiInfo) string {
	if api.Type >= 0 && api.Type <= portaudio.AudioScienceHPI && api.Type.String() != "" {
		return api.Type.String()
	}
	return api.Name
}
