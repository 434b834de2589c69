package doctor

import (
	"context"
	"io/fs"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// Machine is all that the checks look at. A nil probe is not asked.
type Machine struct {
	Root    fs.FS               // "/"; symbolic links need an fs.ReadLinkFS
	Getenv  func(string) string // environment
	Socket  string              // of the daemon, absolute
	Named   bool                // the user has named Socket
	Config  string              // file that the user names, absolute; "": that of the daemon
	Version api.Version         // of this program

	Daemon Daemon // on Socket

	// Access asks the kernel whether this process may use a file, by R_OK, W_OK and X_OK of access(2).
	Access func(name string, mode uint32) error
	// Free returns the bytes that are free for this user where a file is.
	Free func(name string) (uint64, error)
	// RealTime tries to give a thread of this process real-time priority.
	RealTime func() error
	// RTKit returns the highest real-time priority that rtkit grants.
	RTKit func(context.Context) (int, error)
	// Load reads a configuration.
	Load func(file string) (config.Config, error)
	// StateFile returns where the daemon on Socket keeps state if this user runs it; configured is from its
	// configuration. "": nowhere.
	StateFile func(configured string) string
	// StateError says what is wrong with the text of a state file.
	StateError func(text []byte) error
	// PCMs lists the names that alsa-lib knows, as "aplay -L" does; fs.ErrNotExist: there is no aplay.
	PCMs func(context.Context) (string, error)
	// PTP says why the clock of this machine is not that of PTP, or nil.
	PTP func() error
	// Resolution returns that of the kernel's timers.
	Resolution func() (time.Duration, error)
}

// Daemon is what the checks ask of a daemon; *control.Client is one.
type Daemon interface {
	// Version says what it is; audio.ErrNoDevice: it is of a release that does not say. Errors of all methods
	// are those of package control.
	Version(context.Context) (api.Version, error)
	// Devices lists its devices.
	Devices(context.Context) ([]api.State, error)
	// Loops lists its loops.
	Loops(context.Context) ([]api.Loop, error)
	// Routes lists its routes.
	Routes(context.Context) ([]api.Route, error)
}
