package handover

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// The environment of a program that takes over.
const (
	stateVariable  = "LOOPBRIDGE_HANDOVER"        // descriptor of the state
	oldVariable    = "LOOPBRIDGE_HANDOVER_OLD"    // descriptor of the program before
	failedVariable = "LOOPBRIDGE_HANDOVER_FAILED" // why the program that should have taken over gave the state back
	rehearsing     = "rehearsal"                  // in the place of oldVariable's descriptor
)

// Program is what takes over.
type Program struct {
	Path string   // of the file
	Args []string // with the name of the program first
}

// rehearsal is how long a new program may take to say that it can read a state.
const rehearsal = 10 * time.Second

// Rehearse runs the program as a child that takes over nothing, and returns why it could not.
func (p Program) Rehearse(ctx context.Context, state *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, rehearsal)
	defer cancel()
	c := exec.CommandContext(ctx, p.Path, p.Args[1:]...)
	c.Args = p.Args
	c.ExtraFiles = []*os.File{state}
	c.Env = append(without(os.Environ(), notifyVariables...), stateVariable+"=3", oldVariable+"="+rehearsing)
	var said strings.Builder
	c.Stderr = &said
	err := c.Run()
	switch text := strings.TrimSpace(said.String()); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return audio.ErrUnsupported.With("%s does not say within %s whether it can take over", p.Path, rehearsal)
	case text != "" && errors.As(err, new(*exec.ExitError)):
		return audio.ErrUnsupported.With("%s cannot take over: %s", p.Path, lastLine(text))
	default:
		return audio.ErrUnsupported.With("%s cannot take over: %v", p.Path, err)
	}
}

// notifyVariables are for the daemon alone: a child must not speak in its name.
var notifyVariables = []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

// without returns an environment without some variables.
func without(env []string, names ...string) (left []string) {
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		drop := false
		for _, n := range names {
			drop = drop || n == name
		}
		if !drop {
			left = append(left, v)
		}
	}
	return left
}

// Exec replaces this process by the program, which inherits the state and the descriptors in files. It returns only if that
// fails; then nothing has changed. It needs a thread without real-time priority, which the program would have, too.
func (p Program) Exec(state *os.File, files []int) error {
	old, err := os.Open("/proc/self/exe")
	if err != nil {
		return audio.ErrIO.With("this program cannot be kept at hand: %v", err)
	}
	defer old.Close()
	env := append(without(os.Environ(), stateVariable, oldVariable, failedVariable),
		stateVariable+"="+strconv.Itoa(int(state.Fd())), oldVariable+"="+strconv.Itoa(int(old.Fd())))
	return p.exec(env, append([]int{int(state.Fd()), int(old.Fd())}, files...))
}

// exec calls execve with descriptors that stay open.
func (p Program) exec(env []string, files []int) error {
	syscall.ForkLock.Lock() // a child that is begun meanwhile would have them, too
	defer syscall.ForkLock.Unlock()
	for _, fd := range files {
		if err := keep(fd, true); err != nil {
			return audio.ErrIO.With("descriptor %d cannot be handed over: %v", fd, err)
		}
	}
	err := syscall.Exec(p.Path, p.Args, env)
	for _, fd := range files {
		_ = keep(fd, false)
	}
	return audio.ErrIO.With("%s cannot be started: %v", p.Path, err)
}

// keep lets a descriptor stay open in the program that an exec starts.
func keep(fd int, on bool) error {
	flags := unix.FD_CLOEXEC
	if on {
		flags = 0
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags)
	return err
}

// Inheritance is what a program has from the one before.
type Inheritance struct {
	State     *os.File
	Rehearsal bool   // only say whether the state can be read: nothing is handed over
	Failed    string // this program runs again: why the one that it had started could not go on
	old       *os.File
}

// Awaited reports whether this program was started to take over, or to rehearse it, and Inherit was not yet called.
func Awaited() bool {
	_, there := os.LookupEnv(stateVariable)
	return there
}

// Inherit returns what the program before has handed over; nil: there was none. It clears the environment of it.
func Inherit() (*Inheritance, error) {
	text, there := os.LookupEnv(stateVariable)
	if !there {
		return nil, nil
	}
	before := os.Getenv(oldVariable)
	i := &Inheritance{Rehearsal: before == rehearsing, Failed: os.Getenv(failedVariable)}
	for _, name := range []string{stateVariable, oldVariable, failedVariable} {
		os.Unsetenv(name)
	}
	var err error
	if i.State, err = open(text, "state"); err == nil && !i.Rehearsal {
		i.old, err = open(before, "old")
	}
	return i, err
}

func open(text, name string) (*os.File, error) {
	fd, err := strconv.Atoi(text)
	if err == nil {
		err = keep(fd, false)
	}
	if err != nil {
		return nil, audio.ErrInvalid.With("the %s was not handed over: %q is no descriptor", name, text)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// GiveBack starts the program before again in this process, which goes on with the state that it had written. It returns
// only if that is not possible, or if this is that program.
func (i *Inheritance) GiveBack(why error, args []string, files []int) error {
	if i.old == nil || i.Failed != "" {
		return why
	}
	p := Program{Path: fmt.Sprintf("/proc/self/fd/%d", i.old.Fd()), Args: args}
	env := append(os.Environ(), stateVariable+"="+strconv.Itoa(int(i.State.Fd())), oldVariable+"="+strconv.Itoa(int(i.old.Fd())),
		failedVariable+"="+why.Error())
	return errors.Join(why, p.exec(env, append([]int{int(i.State.Fd()), int(i.old.Fd())}, files...)))
}

// Close closes what is of no use once the program runs.
func (i *Inheritance) Close() {
	i.State.Close()
	if i.old != nil {
		i.old.Close()
	}
}
