// Loopbridge offers virtual sound devices in pairs: what one end plays, the other records. This
// is the daemon and the command line for its loops.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/systemd"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/handover"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	context.AfterFunc(ctx, stop) // a second signal kills
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// stopSignals returns the signals that request an orderly end. Under nohup, SIGHUP is not one.
func stopSignals() []os.Signal {
	signals := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// globalFlags are those of every command.
type globalFlags struct {
	Socket string `help:"Socket of the daemon. Default: $$LOOPBRIDGE_SOCKET, or loopbridge/loopbridge.sock in $$XDG_RUNTIME_DIR or /run." placeholder:"PATH" complete:"file"`
	remoteFlags
}

// heirLine is the command line of a program that takes the place of a daemon. It is a part of cli: to learn the flags of all
// commands takes longer than the buffers of some sound cards last.
type heirLine struct {
	globalFlags

	Serve serveCmd `cmd:""`
}

// cli is the command line.
type cli struct {
	globalFlags

	Serve      serveCmd      `cmd:"" help:"Run the daemon: without a configuration, four loops on a timer."`
	Play       playCmd       `cmd:"" help:"Play a file into a loop."`
	Record     recordCmd     `cmd:"" help:"Record a loop into a file."`
	Ls         lsCmd         `cmd:"" help:"Show the loops and who holds them."`
	Devices    devicesCmd    `cmd:"" help:"Show the devices of the daemon, the sound cards of this machine, and the streams that are announced on the network."`
	Info       infoCmd       `cmd:"" help:"Show the state of a device: gain, port, balance, counters."`
	Set        setCmd        `cmd:"" help:"Set the state of a device, while it plays."`
	Loop       loopCmd       `cmd:"" help:"Add and remove loops of a running daemon."`
	Route      routeCmd      `cmd:"" help:"Add, remove and show routes: patch cords between devices and loops."`
	Device     deviceCmd     `cmd:"" help:"Add, remove and describe devices of the network: streams of RTP."`
	Nodes      nodesCmd      `cmd:"" help:"Show the device files of loops and devices, and who has them open."`
	Alarm      alarmCmd      `cmd:"" help:"Show, acknowledge and test alarms."`
	Recorder   recorderCmd   `cmd:"" help:"Show, start, stop and mark recorders, which write what is heard into files for days."`
	Measure    measureCmd    `cmd:"" help:"Measure how late, how loud and which way round sound comes through a route, a loop, or a device with a cable. It plays noise."`
	Analyse    analyseCmd    `cmd:"" help:"Measure what a loop carries: level, frequency, distortion and noise of a tone, bands, loudness."`
	Levels     levelsCmd     `cmd:"" help:"Show how loud a device plays and records, or a program at an end of a loop."`
	Top        topCmd        `cmd:"" help:"Show what a daemon does on a screen, with keys to change it."`
	Drain      drainCmd      `cmd:"" help:"Wait until everything that was written into a loop is played."`
	Halt       haltCmd       `cmd:"" help:"Discard the frames in a loop and end its sessions."`
	Watch      watchCmd      `cmd:"" help:"Print what happens, one line for each change."`
	Upgrade    upgradeCmd    `cmd:"" help:"Let the program that is installed now take the place of the daemon's, while all programs go on."`
	Bench      benchCmd      `cmd:"" help:"Measure what this machine can do."`
	Reload     reloadCmd     `cmd:"" help:"Make the daemon read its configuration again, and change what differs."`
	Check      checkCmd      `cmd:"" help:"Say what is wrong with a configuration file."`
	Doctor     doctorCmd     `cmd:"" help:"Look for what keeps sound from working on this machine, and say what to do."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Completion completionCmd `cmd:"" help:"Print a script that completes command lines in a shell."`

	Complete completeCmd `cmd:"" name:"__complete" hidden:""`
}

// env is the environment of a command.
type env struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	socketFlag string      // --socket
	remote     remoteFlags // --control and --token-file
	found      string      // socket of the daemon that was waited for or opened; "": none yet
}

// socket returns the path of the daemon's socket.
func (e *env) socket() string {
	if at := cmp.Or(e.socketFlag, e.found); at != "" {
		return at
	}
	return client.FindSocket()
}

// warn prints one or more sentences, each line with a prefix, and for the journal with its priority.
func (e *env) warn(format string, args ...any) {
	priority := ""
	if e.stderr == io.Writer(os.Stderr) && systemd.LogsToJournal() {
		priority = systemd.ErrorPrefix
	}
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		fmt.Fprintf(e.stderr, "%sloopbridge: %s\n", priority, console.Printable(line))
	}
}

// writeJSON prints v for scripts.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// usageError is a command line that makes no sense.
type usageError string

func (u usageError) Error() string { return string(u) }

// run runs the program and returns its exit status. It ends early when ctx does.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	e := &env{stdin: stdin, stdout: stdout, stderr: stderr}
	grammar, flags := commandLine()
	helped := false
	parser, err := newParser(grammar, kong.Writers(stdout, stderr), kong.Exit(func(int) { helped = true }))
	if err != nil {
		e.warn("%v", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return exitOK
	case err != nil:
		e.warn("%v; see loopbridge %s--help", err, commandOf(err))
		return exitUsage
	}
	e.socketFlag = flags.Socket
	e.remote = flags.remoteFlags
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err = parsed.Run(e); err == nil {
		return exitOK
	}
	e.warn("%v", err)
	if _, usage := errors.AsType[usageError](err); usage {
		return exitUsage
	}
	return exitFailed
}

// commandOf returns the command that err is about, and a space.
func commandOf(err error) string {
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context.Selected() != nil {
		return strings.TrimPrefix(parse.Context.Selected().FullPath(), "loopbridge ") + " "
	}
	return ""
}

// commandLine returns the command line that this process has, and where its global flags are read into.
func commandLine() (grammar any, flags *globalFlags) {
	if handover.Awaited() {
		var heir heirLine
		return &heir, &heir.globalFlags
	}
	var c cli
	return &c, &c.globalFlags
}

func newParser(grammar any, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(grammar, append(options,
		kong.Name("loopbridge"),
		kong.Description("Virtual sound devices that come in pairs: what one end plays, the other records."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)...)
}
