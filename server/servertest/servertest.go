// Package servertest runs a daemon for tests: a patchbay with devices and loops, served on a socket
// within the process of the test.
//
//	d := servertest.Start(t, servertest.Options{})     loop0 on a clock, until the test ends
//	p, err := client.Open(servertest.Guard(t), d.Path, "loop0", …)
//	servertest.Until(t, "it to run", func() bool { return d.Status("loop0").Frames > 0 })
package servertest

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/backend/sleep"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/tap"
)

// Hang is how long anything may take before a test fails: longer than any host delays a program.
const Hang = 5 * time.Minute

// Options say what a daemon serves.
type Options struct {
	// Socket is where to listen; without a path, a new one.
	Socket server.Socket
	// Devices become the daemon's, which closes them; the first clocks the loops. None: a null
	// device.
	Devices []*loop.Engine
	// Loops run on the first device. None: loop0.
	Loops []loop.Spec
	// Panel is what operators see beside the patchbay.
	Panel server.Panel
	// TCP is how operators come over TCP; without an address they do not.
	TCP server.TCP
	// Log is the log of the operators; nil: none.
	Log io.Writer
	// Adjust, if not nil, is called with the server before it serves.
	Adjust func(*server.Server)
	// ProgramsOnly leaves out the socket for operators.
	ProgramsOnly bool
}

// Daemon is a server with everything that it serves.
type Daemon struct {
	*server.Server
	Bay  *loop.Patchbay
	Path string   // of the socket
	Hub  *tap.Hub // hears what operators see; nil: programs only

	Remote *server.Remote // nil: operators do not come over TCP

	control *server.Control // nil: programs only
	served  chan error      // what each returned
	serving int             // how many have not returned
	devices []*loop.Engine  // to close
}

// Start starts a daemon that stops with the test, which fails if it stops with an error.
func Start(t testing.TB, o Options) *Daemon {
	t.Helper()
	if o.Socket.Path == "" {
		o.Socket.Path = Socket(t)
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.stopAfter(t)
	return d
}

// Serve serves a patchbay that the caller closes, until the test ends.
func Serve(t testing.TB, bay *loop.Patchbay) *Daemon {
	t.Helper()
	d, err := serve(&Daemon{Bay: bay}, Options{Socket: server.Socket{Path: Socket(t)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.hangUp(); err != nil {
			t.Errorf("the server stopped with %v", err)
		}
	})
	return d
}

func (d *Daemon) stopAfter(t testing.TB) {
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Errorf("the daemon stopped with %v", err)
		}
	})
}

// New is Start without a test. Call Stop at the end.
func New(o Options) (*Daemon, error) {
	if len(o.Devices) == 0 {
		device, err := Null("null", backend.Config{}, null.Options{})
		if err != nil {
			return nil, err
		}
		o.Devices = []*loop.Engine{device}
	}
	if len(o.Loops) == 0 {
		o.Loops = []loop.Spec{{Name: "loop0"}}
	}
	d := &Daemon{Bay: loop.NewPatchbay(), devices: o.Devices}
	var err error
	for _, device := range o.Devices {
		err = errors.Join(err, d.Bay.AddDevice(device))
	}
	for _, spec := range o.Loops {
		err = errors.Join(err, d.Bay.Add(spec, o.Devices[0]))
	}
	if err == nil {
		_, err = serve(d, o)
	}
	if err != nil {
		return nil, errors.Join(err, d.Stop())
	}
	return d, nil
}

func serve(d *Daemon, o Options) (*Daemon, error) {
	s, err := server.Listen(o.Socket, d.Bay, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	if o.Adjust != nil {
		o.Adjust(s)
	}
	d.Server, d.Path, d.served = s, o.Socket.Path, make(chan error, 3)
	d.run(s.Serve)
	if o.ProgramsOnly {
		return d, nil
	}
	o.Socket.Path = control.Socket(d.Path)
	o.Panel.Bay = d.Bay
	if o.Panel.Hub == nil {
		o.Panel.Hub = tap.NewHub(d.Bay)
	}
	d.Hub = o.Panel.Hub
	log := zerolog.Nop()
	if o.Log != nil {
		log = zerolog.New(o.Log)
	}
	if d.control, err = server.ListenControl(o.Socket, o.Panel, log); err != nil {
		return nil, err
	}
	d.run(d.control.Serve)
	if !o.TCP.Address.IsValid() {
		return d, nil
	}
	if d.Remote, err = d.control.ListenTCP(o.TCP); err != nil {
		return nil, err
	}
	d.run(d.Remote.Serve)
	return d, nil
}

// run serves until hangUp.
func (d *Daemon) run(serve func() error) {
	d.serving++
	go func() { d.served <- serve() }()
}

// hangUp closes all servers.
func (d *Daemon) hangUp() error {
	var err error
	if d.control != nil {
		err = d.control.Close()
	}
	if d.Remote != nil {
		err = errors.Join(err, d.Remote.Close())
	}
	err = errors.Join(err, d.Server.Close())
	for ; d.serving > 0; d.serving-- {
		err = errors.Join(err, <-d.served)
	}
	return err
}

// Stop stops the daemon and closes its devices.
func (d *Daemon) Stop() error {
	var err error
	if d.Server != nil {
		err = d.hangUp()
	}
	d.Bay.Close()
	for _, device := range d.devices {
		err = errors.Join(err, device.Close())
	}
	return err
}

// Status returns the status of a loop.
func (d *Daemon) Status(name string) loop.Status {
	for _, s := range d.Bay.Status() {
		if s.Name == name {
			return s
		}
	}
	return loop.Status{}
}

// Null opens a null device with the default format, the sides in c, and as many periods of 10 ms as c says, or two.
func Null(name string, c backend.Config, o null.Options) (*loop.Engine, error) {
	c.Format, c.Period = audio.DefaultFormat(), 480
	if c.Periods == 0 {
		c.Periods = 2
	}
	s, err := null.Open(c, o)
	if err != nil {
		return nil, err
	}
	clock := sleep.NewMonotonic()
	return loop.NewEngineWith(name, s, loop.EngineOptions{Now: clock.Now})
}

// Socket returns a path short enough for a socket and reachable for every user. It is removed
// after the test.
func Socket(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lb")
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "s")
}

// Guard returns a context that ends with the test, or after Hang.
func Guard(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Hang)
	t.Cleanup(cancel)
	return ctx
}

// Answers returns nil if the daemon on a socket answers, or else why not.
func Answers(ctx context.Context, path string) error {
	_, err := client.Open(ctx, path, "no such loop", pcm.Options{Role: pcm.Client, Direction: pcm.Read})
	if errors.Is(err, audio.ErrNoDevice) {
		return nil
	}
	return err
}

// Until waits until happened returns true, and fails the test after Hang.
func Until(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for start := time.Now(); !happened(); time.Sleep(time.Millisecond) {
		if time.Since(start) > Hang {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// Is fails the test unless err is want.
func Is(t testing.TB, err error, want *audio.Error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %q (%v)", err, want, want.Errno())
	}
}
