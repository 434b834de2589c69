package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/sched"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/doctor"
)

// doctorCmd looks for what keeps sound from working.
type doctorCmd struct {
	Config string `help:"Configuration file to check too. Default: that of the daemon, or /etc/loopbridge/loopbridge.toml." placeholder:"FILE" complete:"file"`
	JSON   bool   `name:"json" help:"Print JSON."`
	Bundle string `help:"Write what a report of a fault needs into this file, without names and addresses of people." placeholder:"FILE.tar.gz" complete:"file"`
	Log    string `help:"Log of the daemon for the bundle. Default: the journal." placeholder:"FILE" complete:"file"`
}

// doctorPatience is how long the doctor waits for an answer of the daemon.
const doctorPatience = 2 * time.Second

// doctorFaults is the error of a machine with faults; the report has said which.
type doctorFaults int

func (n doctorFaults) Error() string {
	if n == 1 {
		return "1 fault breaks sound; its remedy is with it"
	}
	return fmt.Sprintf("%d faults break sound; each has its remedy with it", int(n))
}

// Run prints what all checks have found. It fails if something breaks sound.
func (c *doctorCmd) Run(ctx context.Context, e *env) error {
	if c.Log != "" && c.Bundle == "" {
		return usageError("--log is for --bundle")
	}
	m, err := c.machine(e)
	if err != nil {
		return err
	}
	ctx = client.WithPatience(ctx, min(doctorPatience, client.Patience(ctx)))
	r := doctor.Examine(ctx, m)
	if ctx.Err() != nil {
		return stopped(ctx, ctx.Err())
	}
	if c.Bundle != "" {
		return c.bundle(ctx, e, m, r)
	}
	if c.JSON {
		err = writeJSON(e.stdout, r)
	} else {
		colour := console.IsTerminal(e.stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		err = doctor.Print(e.stdout, r, colour)
	}
	if err == nil && r.Faults > 0 {
		err = doctorFaults(r.Faults)
	}
	return err
}

// machine returns this one.
func (c *doctorCmd) machine(e *env) (m doctor.Machine, err error) {
	socket, err := filepath.Abs(e.socket())
	if err != nil {
		return m, err
	}
	file := c.Config
	if file != "" {
		if file, err = filepath.Abs(file); err != nil {
			return m, err
		}
	}
	return doctor.Machine{
		Root: os.DirFS("/"), Getenv: os.Getenv, Socket: socket, Named: e.socketFlag != "", Config: file, Version: currentVersion(),
		Daemon: control.New(socket),
		Access: func(name string, mode uint32) error {
			return unix.Faccessat(unix.AT_FDCWD, name, mode, unix.AT_EACCESS)
		},
		Free:      freeBytes,
		RealTime:  sched.Try,
		RTKit:     sched.RTKit,
		Load:      config.Load,
		StateFile: func(configured string) string { return statefile.Path(configured, socket) },

		StateError: statefile.Check,
		PCMs:       listPCMs,
		Resolution: timerResolution,
		PTP:        daemon.Synchronised,
	}, nil
}

// freeBytes returns the room for this user in the file system of a file.
func freeBytes(name string) (uint64, error) {
	var s unix.Statfs_t
	err := unix.Statfs(name, &s)
	return s.Bavail * uint64(s.Bsize), err
}

// timerResolution returns the resolution of the kernel's timers.
func timerResolution() (time.Duration, error) {
	var r unix.Timespec
	err := unix.ClockGetres(unix.CLOCK_MONOTONIC, &r)
	return time.Duration(r.Nano()), err
}

// listPCMs returns the names that alsa-lib knows. aplay opens none of them.
func listPCMs(ctx context.Context) (string, error) {
	out, err := command(ctx, "aplay", "-L").Output()
	return string(out), cmp.Or(ctx.Err(), err)
}

// command returns a command that ctx ends, also one whose children hold its output.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.WaitDelay = time.Second
	return c
}
