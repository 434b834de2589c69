package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// loopSet is the loops of a running daemon: those of the configuration, and what people
// add and remove since. What they change is gone with the daemon.
type loopSet struct {
	bay   *loop.Patchbay
	names nameList
	state *stateFile

	mu  sync.Mutex
	all []LoopConfig
}

// begin makes the loops of the configuration.
func (s *loopSet) begin(loops []LoopConfig) error {
	for _, l := range loops {
		if err := s.insert(l); err != nil {
			return fmt.Errorf("loop %s: %w", l.Name, err)
		}
	}
	return nil
}

// insert makes a loop. The caller holds mu, or is alone.
func (s *loopSet) insert(l LoopConfig) error {
	spec, err := specOf(l)
	if err != nil {
		return err
	}
	device, err := s.bay.Device(l.Device)
	if err != nil {
		return err
	}
	if err := s.bay.Add(spec, device); err != nil {
		return err
	}
	s.all = append(s.all, l)
	s.state.restoreLoop(l.Name)
	return nil
}

// Add implements server.Loops: text is a JSON object with the keys of [[loop]].
func (s *loopSet) Add(text []byte) (name string, err error) {
	l, err := s.parse(text)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.insert(l); err != nil {
		return "", err
	}
	return l.Name, s.names.write(s.all)
}

// Remove implements server.Loops.
func (s *loopSet) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.bay.Remove(name); err != nil {
		return err
	}
	s.all = slices.DeleteFunc(s.all, func(l LoopConfig) bool { return l.Name == name })
	return s.names.write(s.all)
}

// parse reads one loop under the rules of the configuration file, beside the devices that
// there are.
func (s *loopSet) parse(text []byte) (LoopConfig, error) {
	var table map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&table); err != nil {
		return LoopConfig{}, audio.ErrInvalid.With("not a JSON object: %v", err)
	}
	devices := []any{}
	for _, device := range s.bay.Devices() {
		devices = append(devices, map[string]any{"name": device.Name(), "backend": nullBackend})
	}
	doc, err := toml.Marshal(map[string]any{"device": devices, "loop": []any{numbers(table)}})
	if err != nil {
		return LoopConfig{}, audio.ErrInvalid.With("%v", err)
	}
	c, err := parseConfig("request", doc)
	if problems, ok := errors.AsType[configProblems](err); ok {
		var lines []string
		for _, p := range problems {
			lines = append(lines, p.sentence())
		}
		return LoopConfig{}, audio.ErrInvalid.With("%s", strings.Join(lines, "\n"))
	}
	if err != nil {
		return LoopConfig{}, err
	}
	return c.Loops[0], nil
}

// numbers makes the numbers of JSON those of TOML, and drops null.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		for key, value := range v {
			if v[key] = numbers(value); value == nil {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	}
	return v
}
