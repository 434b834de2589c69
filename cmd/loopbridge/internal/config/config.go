// Package config reads the configuration of the daemon: TOML with a sentence for everything
// that is wrong in it. What it returns are values that the daemon hands on as they are, all
// of them valid and with the defaults filled in.
//
//	file ── decode: TOML ──▶ tables ── bind: keys by key ──▶ Config ── cross: rules between tables
//	              └── index: where keys stand, for messages ──┘
package config

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/resample"
)

// Config is a whole file.
type Config struct {
	Daemon  Daemon
	Devices []Device // NullDevice is always among them
	Loops   []Loop   // at least one
}

// Daemon is [daemon]: where programs reach the daemon and who may.
type Daemon struct {
	Socket string      // absolute path; "" means the usual search
	Mode   fs.FileMode // of the socket, 0600..0777
	Group  string      // group of the socket that may use it; "" means the daemon's own
	Users  []string    // who may use it besides the owner and the group
	Log    zerolog.Level
	State  string // file that keeps what was set of the devices; "": the usual one of the socket, NoState: none
}

// Device is one [[device]]: a clock that may have sound behind it.
type Device struct {
	Name    string
	Backend Backend
	// Config is what to ask the backend for. Play and Record: a loop is attached to that side,
	// or it was given ports.
	backend.Config
	Ports device.Ports
	State state.Patch // of audio(7I), until somebody sets another

	Freewheel bool
	Input     Input  // what it records
	Output    string // WAV file that gets what it plays; "": nowhere

	Card Card // of backends ALSA and PortAudio
}

// Backend is what a device is on.
type Backend string

// The backends.
const (
	Null      Backend = "null"
	ALSA      Backend = "alsa"
	PortAudio Backend = "portaudio"
)

// String returns the word of the configuration.
func (b Backend) String() string { return string(b) }

// Card is what a sound card has beyond other devices; the first three also what a device of
// PortAudio has.
type Card struct {
	Name     string   // which: auto, id:PCH, usb:0d8c:0014, path:…, hw:0,0; of PortAudio, auto or ALSA:front
	Fallback []string // cards to use while it is not there, in order
	Required bool     // the daemon does not start without it

	AutoPort bool        // use what is plugged in
	Port     state.Patch // ports in use at first
	Controls controls.Options
}

// Loop is one [[loop]]: a pair of ends, on the clock of a device.
type Loop struct {
	loop.Spec
	Device string
}

// NullDevice is the device that is always there.
const NullDevice = "null"

// NoState is Daemon.State where nothing is kept.
const NoState = "none"

// Limits of what a file may ask for.
const (
	MinPeriod       = 500 * time.Microsecond
	MaxPeriod       = time.Second
	MaxBuffer       = 10 * time.Second
	minBuffer       = 2 * time.Millisecond
	minPeriods      = 2
	maxPeriods      = 1024
	maxStart        = 24 * time.Hour
	maxControlIndex = math.MaxUint16
	maxName         = 63      // bytes
	maxSocket       = 107     // bytes: sun_path of unix(7) without its NUL
	maxFile         = 1 << 20 // bytes
)

// Default returns what the daemon does without a file, and with an empty one.
func Default() Config {
	return Config{Daemon: Daemon{Mode: 0o660, Log: zerolog.InfoLevel}, Devices: []Device{DefaultNull()}, Loops: defaultLoops()}
}

// DefaultDevice returns a device that lacks a name and a backend: these have no default.
func DefaultDevice() Device {
	f := audio.DefaultFormat()
	return Device{Config: backend.Config{Format: f, Period: int(f.Frames(10 * time.Millisecond)), Periods: 2}, Card: defaultCard()}
}

// defaultCard means whichever card there is.
func defaultCard() Card {
	return Card{Name: "auto", Controls: controls.Options{Names: controls.Names{Index: controls.OwnIndex}}}
}

// DefaultNull returns the device null as it is when no file lists it.
func DefaultNull() Device {
	d := DefaultDevice()
	d.Name, d.Backend = NullDevice, Null
	return d
}

// DefaultLoop returns a loop that lacks a name.
func DefaultLoop() Loop {
	return Loop{Device: NullDevice, Spec: loop.Spec{
		Clients:       loop.Exclusive,
		Format:        audio.DefaultFormat(),
		OnClientClose: loop.Reset,
		Convert:       convert.Options{Quality: resample.Good},
		Buffer:        340 * time.Millisecond,
		Period:        10 * time.Millisecond,
	}}
}

func defaultLoops() []Loop {
	loops := make([]Loop, 4)
	for i := range loops {
		loops[i] = DefaultLoop()
		loops[i].Name = fmt.Sprintf("loop%d", i)
	}
	return loops
}

// UsesPortAudio reports whether any device does.
func (c *Config) UsesPortAudio() bool {
	return slices.ContainsFunc(c.Devices, func(d Device) bool { return d.Backend == PortAudio })
}
