// Package config reads the daemon's configuration, which is TOML, and explains every problem in a
// sentence. Its values are valid, complete with defaults, and in the types that the daemon uses.
//
//	file ── decode: TOML ──▶ tables ── bind: keys by key ──▶ Config ── cross: rules between tables
//	              └── index: where keys stand, for messages ──┘
//
//	Config of what runs ─┬─ Compare ──▶ Plan: a step for each table that differs, with the least that it needs
//	Config of a file ────┘
package config

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/resample"
)

// Config is the content of a file.
type Config struct {
	Daemon    Daemon
	Devices   []Device // NullDevice is always among them
	Loops     []Loop   // at least one
	Routes    []Route
	Recorders []Recorder
	Alarms    []alarm.Spec
}

// Daemon is [daemon]: the sockets and who may use them.
type Daemon struct {
	Socket string      // absolute path; "" means the usual search
	Mode   fs.FileMode // of the socket, 0600..0777
	Group  string      // that may use the socket; "" means the daemon's own
	Users  []string    // who may use the socket besides owner and group
	Log    zerolog.Level
	State  string // file for the state of devices and ends; "": the socket's default, NoState: none
	HTTP   HTTP
	Nodes  Nodes

	Discover bool // hear of streams that are announced on the network
}

// Device is a [[device]]: a clock, perhaps with sound.
type Device struct {
	Name    string
	Backend Backend
	// Config is for the backend. Play and Record say that the direction has a loop attached or ports.
	backend.Config
	Ports device.Ports
	State state.Patch // initial state of audio(7I)

	Freewheel bool
	Meters    bool   // both sides are measured all the time
	Input     Input  // what it records
	Output    string // WAV file for what it plays; "": none

	Card Card // for the backends ALSA and PortAudio
	// RecordCard records in the place of Card, whose clock a servo lets it follow. Its Name is "" if one card
	// does both.
	RecordCard RecordCard

	Receive *Receive // for the backend RTP: what it records; nil: nothing
	Send    *Send    // likewise: what it plays
	Added   bool     // by an operator, to a running daemon
}

// RecordCard is the card that records for a device which plays on another one.
type RecordCard struct {
	Name     string
	Fallback []string
	Latency  time.Duration    // from the one to the other; 0: the least that is possible
	Quality  resample.Quality // of the resampler between them
}

// Backend is the kind of a device.
type Backend string

// The backends.
const (
	Null      Backend = "null"
	ALSA      Backend = "alsa"
	PortAudio Backend = "portaudio"
	RTP       Backend = "rtp"
)

// String returns the configuration's word for b.
func (b Backend) String() string { return string(b) }

// Card holds the keys of a sound card. Name, Fallback and Required also apply to PortAudio.
type Card struct {
	Name     string   // auto, id:PCH, usb:0d8c:0014, path:…, hw:0,0; for PortAudio auto or ALSA:front
	Fallback []string // cards to use while Name is missing, in order
	Required bool     // the daemon does not start without it

	AutoPort bool        // select the port that is plugged in
	Port     state.Patch // initial ports
	Controls controls.Options
}

// Loop is a [[loop]]: a pair of ends on the clock of a device.
type Loop struct {
	loop.Spec
	Device string
	Added  bool // by an operator, to a running daemon
	Meters bool // what its clients play or record is measured all the time
}

// NullDevice is the device that always exists.
const NullDevice = "null"

// NoState as Daemon.State keeps no state.
const NoState = "none"

// Limits of the configuration.
const (
	MinPeriod       = 500 * time.Microsecond
	MaxPeriod       = time.Second
	MaxBuffer       = 10 * time.Second
	minBuffer       = 2 * time.Millisecond
	minPeriods      = 2
	maxPeriods      = 1024
	maxStart        = 24 * time.Hour
	maxControlIndex = math.MaxUint16
	MaxName         = 63      // bytes, of a device, a loop and the like
	maxSocket       = 107     // bytes: sun_path of unix(7) without its NUL
	maxFile         = 1 << 20 // bytes
)

// DefaultMode is that of the sockets.
const DefaultMode fs.FileMode = 0o660

// Default returns the configuration of an empty file, and of a daemon without a file.
func Default() Config {
	return Config{Daemon: Daemon{Mode: DefaultMode, Log: zerolog.InfoLevel, Nodes: Nodes{Mode: DefaultMode}}, Devices: []Device{DefaultNull()},
		Loops: defaultLoops()}
}

// DefaultDevice returns a device without name and backend, which have no default.
func DefaultDevice() Device {
	f := audio.DefaultFormat()
	return Device{Config: backend.Config{Format: f, Period: int(f.Frames(10 * time.Millisecond)), Periods: 2},
		Card: defaultCard()}
}

// defaultCard returns a Card that accepts any card.
func defaultCard() Card {
	return Card{Name: "auto", Controls: controls.Options{Names: controls.Names{Index: controls.OwnIndex}}}
}

// DefaultNull returns the device null as it is when no file lists it.
func DefaultNull() Device {
	d := DefaultDevice()
	d.Name, d.Backend = NullDevice, Null
	return d
}

// DefaultLoop returns a loop without a name.
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

// UsesPortAudio reports whether any device is on PortAudio.
func (c *Config) UsesPortAudio() bool {
	return slices.ContainsFunc(c.Devices, func(d Device) bool { return d.Backend == PortAudio })
}
