package main

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/resample"
)

// Config is the configuration of the daemon: plain values, all of them valid and
// with the defaults filled in. Only this package reads files and flags.
type Config struct {
	Daemon  DaemonConfig
	Devices []DeviceConfig // "null" is always among them
	Loops   []LoopConfig   // at least one
}

// DaemonConfig is [daemon]: where programs reach the daemon and who may.
type DaemonConfig struct {
	Socket string      // absolute path; "" means the usual search
	Mode   fs.FileMode // of the socket, 0600..0777
	Group  string      // group of the socket that may use it; "" means the daemon's own
	Users  []string    // who may use it besides the owner and the group
	Log    string      // trace, debug, info, warn or error
	State  string      // file that keeps what was set of the devices; "": the usual one of the socket, noState: none
}

// DeviceConfig is one [[device]]: a clock that may have sound behind it.
type DeviceConfig struct {
	Name      string
	Backend   string
	Format    audio.Format
	Period    int // frames at Format.Rate
	Periods   int // buffer in periods
	Freewheel bool
	Play      bool // a loop is attached to this side, or it was given ports
	Record    bool
	Ports     loop.DevicePorts
	State     audio.Patch // of audio(7I), until somebody sets another
	Input     DeviceInput // what it records
	Output    string      // WAV file that gets what it plays; "": nowhere

	Card CardConfig // of backends alsa and portaudio
}

// CardConfig is what a sound card has beyond other devices; the first three also what a device
// of PortAudio has.
type CardConfig struct {
	Card     string   // which: auto, id:PCH, usb:0d8c:0014, path:…, hw:0,0; of PortAudio, auto or ALSA:front
	Fallback []string // cards to use while it is not there, in order
	Required bool     // the daemon does not start without it
	AutoPort bool     // use what is plugged in
	Restore  bool     // the card's own settings, at the end
	Volume   string   // who applies the gains: inSoftware or inHardware
	Monitor  string   // and who the monitor_gain

	Controls controls.Names // what is not found by the names that drivers use
	Port     audio.Patch    // ports in use at first
}

// Where gains of a card are applied.
const (
	inSoftware = "software"
	inHardware = "hardware" // as far as the card can
)

// LoopConfig is one [[loop]]: a pair of ends.
type LoopConfig struct {
	Name          string
	Device        string        // whose clock moves it
	Side          string        // play or record: the device is the server end; "": a program
	Clients       string        // exclusive, or shared (D4)
	Format        audio.Format  // what a server gets that asks for none (D5)
	OnClientClose string        // reset, hold or silence (D15)
	StartTimeout  time.Duration // 0: a server waits for its client forever (D7)
	Resampler     string        // fast, good or best
	ChannelMap    channelMap    // how clients with other channels are mixed
	Dither        bool          // where samples lose bits
	Buffer        time.Duration // of each end
	Period        time.Duration // of an end that asks for none, at most half of Buffer
}

// Limits of what a file may ask for.
const (
	minPeriod        = 500 * time.Microsecond
	maxPeriod        = time.Second
	minBuffer        = 2 * time.Millisecond
	maxBuffer        = 10 * time.Second
	minPeriods       = 2
	maxPeriods       = 1024
	maxStart         = 24 * time.Hour
	maxControlIndex  = math.MaxUint16
	maxName          = 63      // bytes
	maxSocket        = 107     // bytes: sun_path of unix(7) without its NUL
	maxFile          = 1 << 20 // bytes
	noState          = "none"
	nullDevice       = "null"
	nullBackend      = "null"
	alsaBackend      = "alsa"
	portaudioBackend = "portaudio"
	anyCard          = "auto"
)

// defaultConfig is what the daemon does without a file, and with an empty one.
func defaultConfig() Config {
	return Config{Daemon: defaultDaemon(), Devices: []DeviceConfig{defaultNull()}, Loops: defaultLoops()}
}

func defaultDaemon() DaemonConfig { return DaemonConfig{Mode: 0o660, Log: "info"} }

// defaultDevice lacks a name and a backend: these have no default.
func defaultDevice() DeviceConfig {
	f := audio.DefaultFormat()
	return DeviceConfig{Format: f, Period: int(f.Frames(10 * time.Millisecond)), Periods: 2, Card: defaultCard()}
}

// defaultCard is whichever card there is.
func defaultCard() CardConfig {
	return CardConfig{Card: anyCard, Volume: inSoftware, Monitor: inSoftware, Controls: controls.Names{Index: controls.OwnIndex}}
}

func defaultNull() DeviceConfig {
	d := defaultDevice()
	d.Name, d.Backend = nullDevice, nullBackend
	return d
}

// defaultLoop lacks a name.
func defaultLoop() LoopConfig {
	return LoopConfig{
		Device:        nullDevice,
		Clients:       "exclusive",
		Format:        audio.DefaultFormat(),
		OnClientClose: "reset",
		Resampler:     resample.Good.String(),
		Buffer:        340 * time.Millisecond,
		Period:        10 * time.Millisecond,
	}
}

func defaultLoops() []LoopConfig {
	loops := make([]LoopConfig, 4)
	for i := range loops {
		loops[i] = defaultLoop()
		loops[i].Name = fmt.Sprintf("loop%d", i)
	}
	return loops
}

// usesPortAudio is whether any device does.
func (c *Config) usesPortAudio() bool {
	return slices.ContainsFunc(c.Devices, func(d DeviceConfig) bool { return d.Backend == portaudioBackend })
}
