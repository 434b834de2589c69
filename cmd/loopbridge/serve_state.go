package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// stateFile keeps what people have set of the devices over a restart (D25). A file that
// is missing or damaged does no harm.
type stateFile struct {
	path    string // "": nothing is kept
	engines map[string]*loop.Engine
	log     zerolog.Logger

	mu    sync.Mutex // of writing
	timer *time.Timer
}

// savedState is the file.
type savedState struct {
	Devices map[string]audio.Saved `json:"devices"`
}

// stateDelay gathers sets that come one after the other.
const stateDelay = 300 * time.Millisecond

// defaultState is where the state of a daemon is kept unless it is told otherwise.
func defaultState() string {
	if dir := os.Getenv("STATE_DIRECTORY"); filepath.IsAbs(dir) { // systemd.exec(5)
		return filepath.Join(dir, "state.json")
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
	return filepath.Join(dir, "loopbridge", "state.json")
}

// load gives the devices what was kept.
func (s *stateFile) load() {
	if s.path == "" {
		return
	}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var state savedState
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil {
		s.log.Warn().Err(err).Str("file", s.path).Msg("the state of the devices is not restored")
		return
	}
	for name, saved := range state.Devices {
		if e := s.engines[name]; e != nil {
			if err := e.Restore(saved); err != nil {
				s.log.Warn().Err(err).Str("file", s.path).Str("device", name).Msg("part of its state is not restored")
			}
		}
	}
}

// changed writes the file a moment later.
func (s *stateFile) changed(string) {
	if s.path == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil {
		s.timer = time.AfterFunc(stateDelay, s.flush)
	}
}

// flush writes what is not yet written.
func (s *stateFile) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil {
		return
	}
	s.timer.Stop()
	s.timer = nil
	state := savedState{Devices: map[string]audio.Saved{}}
	for name, e := range s.engines {
		i := e.Info()
		state.Devices[name] = i.Save()
	}
	if err := s.write(state); err != nil {
		s.log.Warn().Err(err).Str("file", s.path).Msg("the state of the devices cannot be kept")
	}
}

// write replaces the file: whoever looks, also after a loss of power, sees the old one or
// the new one.
func (s *stateFile) write(state savedState) error {
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".state-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
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
