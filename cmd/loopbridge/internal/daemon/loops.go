package daemon

import (
	"fmt"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/loop"
)

// loopSet holds the loops of a running daemon: those of the configuration, plus and minus those
// that operators add and remove. Such changes end with the daemon.
type loopSet struct {
	bay   *loop.Patchbay
	names nameList
	state *statefile.File
	*running
}

// beginLocked adds the loops of the configuration.
func (s *loopSet) beginLocked(loops []config.Loop) error {
	for _, l := range loops {
		if err := s.insertLocked(l); err != nil {
			return fmt.Errorf("loop %s: %w", l.Name, err)
		}
	}
	return nil
}

// insertLocked adds a loop.
func (s *loopSet) insertLocked(l config.Loop) error {
	device, err := s.bay.Device(l.Device)
	if err != nil {
		return err
	}
	if err := s.bay.Add(l.Spec, device); err != nil {
		return err
	}
	s.config.Loops = append(s.config.Loops, l)
	s.state.RestoreLoop(l.Name)
	return nil
}

// Add implements server.Loops. text is a JSON object with the keys of [[loop]].
func (s *loopSet) Add(text []byte) (name string, err error) {
	var devices []string
	for _, device := range s.bay.Devices() {
		devices = append(devices, device.Name())
	}
	l, err := config.ParseLoop(text, devices)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.insertLocked(l); err != nil {
		return "", err
	}
	return l.Name, s.names.write(s.config.Loops)
}

// Remove implements server.Loops.
func (s *loopSet) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.removeLocked(name); err != nil {
		return err
	}
	return s.names.write(s.config.Loops)
}

// removeLocked removes a loop.
func (s *loopSet) removeLocked(name string) error {
	if err := s.bay.Remove(name); err != nil {
		return err
	}
	dropLocked(&s.config.Loops, name, loopName)
	return nil
}
