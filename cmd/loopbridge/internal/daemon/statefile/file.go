// Package statefile keeps the state of devices, loops, routes, recorders and alarms across restarts.
package statefile

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/record"
)

// File is the state file of a daemon. A missing or damaged file does no harm. Entries of devices
// and loops that do not exist are kept until they do.
type File struct {
	path      string // "": no file
	socket    string // whose state it is
	bay       *loop.Patchbay
	board     *route.Board  // nil: no routes
	recorders *record.Board // nil: no recorders
	alarms    *alarm.Board  // nil: no alarms
	log       zerolog.Logger

	sets      *event.Subscription // nil: not following
	following sync.WaitGroup

	mu     sync.Mutex
	timer  *time.Timer // nil: nothing to write
	closed bool

	writing sync.Mutex // guards state; setters never wait for it
	state   savedState // as last read or written

	disk  sync.Mutex    // guards the file, so that writing is not held while a disk hangs
	again time.Duration // until a write that failed is tried again; 0: the last one did not fail

	lock    *os.File // nil: not locked
	adopted bool     // state was read from another file and is still to be written
}

// savedState is the content of the file.
type savedState struct {
	Socket  string                 `json:"socket"` // of the daemon that wrote it; "": written by an older version
	Devices map[string]state.Saved `json:"devices"`
	Ends    map[string]state.Saved `json:"ends"` // of loops, by the name of their controls

	Routes    map[string]json.RawMessage `json:"routes,omitempty"`    // a savedRoute each
	Recorders map[string]json.RawMessage `json:"recorders,omitempty"` // a savedRecorder each
	Alarms    map[string]json.RawMessage `json:"alarms,omitempty"`    // an alarm.Saved each
}

// eventRoom is how many sets may wait to be saved.
const eventRoom = 4096

const (
	// stateDelay combines sets that follow each other.
	stateDelay = 300 * time.Millisecond
	// A write that fails is tried again after tryAgain, and then less often.
	tryAgain   = time.Second
	tryAtLeast = 10 * time.Second
)

// stateFolder returns the default folder for state files, "" if there is none.
func stateFolder() string {
	if dir := os.Getenv("STATE_DIRECTORY"); filepath.IsAbs(dir) { // systemd.exec(5)
		return dir
	}
	dir := os.Getenv("XDG_STATE_HOME")
	switch home, err := os.UserHomeDir(); {
	case os.Getuid() == 0:
		dir = "/var/lib"
	case dir != "":
	case err == nil:
		dir = filepath.Join(home, ".local", "state")
	default:
		return ""
	}
	return filepath.Join(dir, "loopbridge")
}

// Open reads the state file at path for the daemon on a socket and owns it until Close. An empty
// path keeps no state. The error is audio.ErrBusy if another daemon owns the file.
func Open(path, socket string, bay *loop.Patchbay, log zerolog.Logger) (*File, error) {
	s := &File{path: path, socket: socket, bay: bay, log: log}
	if err := s.hold(); err != nil {
		return nil, err
	}
	if path != "" {
		s.load()
	}
	return s, nil
}

// load reads the file.
func (s *File) load() {
	halves, _ := filepath.Glob(filepath.Join(filepath.Dir(s.path), s.half()))
	for _, half := range halves { // power was lost during a write
		os.Remove(half)
	}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		if text = s.inherited(); text == nil {
			return
		}
		err, s.adopted = nil, true
	}
	if err == nil {
		err = json.Unmarshal(text, &s.state)
	}
	if err != nil {
		s.log.Warn().Err(err).Str("file", s.path).Msg("the state of devices and loops is not restored")
		s.state = savedState{}
	}
}

// half returns the pattern for the name of the file while it is being written.
func (s *File) half() string { return "." + filepath.Base(s.path) + "-*" }

// RestoreDevice gives a new device the saved state of its name. Any goroutine may call it.
func (s *File) RestoreDevice(device *loop.Engine) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.restore(device, s.state.Devices)
}

// RestoreLoop gives a new loop the saved state of its name. Any goroutine may call it.
func (s *File) RestoreLoop(name string) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for _, end := range s.bay.Ends(name) {
		s.restore(end, s.state.Ends)
	}
}

func (s *File) restore(k loop.Subject, from map[string]state.Saved) {
	saved := from[k.Name()]
	if saved == nil {
		return
	}
	if err := k.Restore(saved); err != nil {
		s.log.Warn().Err(err).Str("file", s.path).Str("name", k.Name()).Msg("part of its state is not restored")
	}
}

// Follow saves every set, and what happens to alarms, from now on.
func (s *File) Follow() {
	if s.path == "" {
		return
	}
	s.sets = s.bay.Subscribe(eventRoom)
	s.following.Go(func() {
		var lost uint64
		for ev := range s.sets.C {
			if now := s.sets.Lost(); kept(ev.Kind) || now != lost { // a lost event may have been one
				lost = now
				s.changed()
			}
		}
	})
}

// kept reports whether an event changes what is saved.
func kept(k event.Kind) bool {
	return k == event.Set || k == event.AlarmRaised || k == event.AlarmAcknowledged || k == event.AlarmCleared
}

// KeepAdopted writes what was read from another daemon's file, before that daemon writes there.
func (s *File) KeepAdopted() {
	if s.adopted {
		s.Save()
	}
}

// Save writes all there is, soon, even if nothing has changed: what the program before this one has set, it may not have written.
func (s *File) Save() { s.changed() }

// Flush writes pending changes.
func (s *File) Flush() { s.flush() }

// Close writes pending changes and releases the file.
func (s *File) Close() {
	if s.sets != nil {
		s.sets.Cancel()
		s.following.Wait()
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.flush()
	s.release()
}

// changed schedules a write.
func (s *File) changed() { s.schedule(stateDelay) }

func (s *File) schedule(in time.Duration) {
	if s.path == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil && !s.closed {
		s.timer = time.AfterFunc(in, s.flush)
	}
}

// flush writes pending changes. A failure is logged once, and tried again until it is none.
func (s *File) flush() {
	s.disk.Lock()
	defer s.disk.Unlock()
	text, due := s.collect()
	if !due {
		return
	}
	err := s.write(text)
	switch failed := s.again > 0; {
	case err == nil && failed:
		s.again = 0
		s.log.Info().Str("file", s.path).Msg("the state of devices and loops is saved again")
	case err == nil:
	case failed:
		s.again = min(2*s.again, tryAtLeast)
		s.schedule(s.again)
	default:
		s.again = tryAgain
		s.log.Warn().Err(err).Str("file", s.path).Msg("the state of devices and loops cannot be saved; it is tried again until it can")
		s.schedule(s.again)
	}
}

// collect returns the text of the file, if a write is due.
func (s *File) collect() (text []byte, due bool) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.due() {
		return nil, false
	}
	for _, device := range s.bay.Devices() {
		keep(device, &s.state.Devices)
	}
	for _, l := range s.bay.Status() {
		for _, end := range s.bay.Ends(l.Name) {
			keep(end, &s.state.Ends)
		}
	}
	s.keepRoutes()
	s.keepAlarms()
	s.keepRecorders()
	s.state.Socket = realPath(s.socket)
	text, err := json.MarshalIndent(s.state, "", "  ")
	if err != nil { // it has no value that JSON lacks
		s.log.Error().Err(err).Msg("the state of devices and loops has no text")
	}
	return append(text, '\n'), err == nil
}

// due reports whether a write is pending, and clears it.
func (s *File) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil {
		return false
	}
	s.timer.Stop()
	s.timer = nil
	return true
}

func keep(k loop.Subject, in *map[string]state.Saved) {
	if *in == nil {
		*in = map[string]state.Saved{}
	}
	i := k.Info()
	(*in)[k.Name()] = i.Save()
}

// keepText keeps a value that has JSON.
func keepText(in *map[string]json.RawMessage, name string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		return
	}
	if *in == nil {
		*in = map[string]json.RawMessage{}
	}
	(*in)[name] = text
}

// write replaces the file atomically, also if power is lost.
func (s *File) write(text []byte) error {
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, s.half())
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
	return nil
}

// Check says what is wrong with the text of a state file, nil if nothing is.
func Check(text []byte) error {
	var s savedState
	return json.Unmarshal(text, &s)
}
