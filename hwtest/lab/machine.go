package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// Config is a machine and what it is to do.
type Config struct {
	// Work is a directory of the caller's for all files, recordings among them. It must
	// be empty, and is the caller's to remove.
	Work  string
	Cards []Card
	Clock Clock
	// Modules are further drivers that Program needs, by the names of their files. With an Image its own system loads them.
	Modules []string

	// Image is a file system from which the machine boots its own systemd, see FetchDebian; the
	// file stays as it is. Program is then a service in it, which Files puts into
	// plan.SystemHome, and runs again after a reboot if it has ended with the status
	// plan.Again; there is nothing of the host but Work/share. "": there is no systemd, and
	// Program has the files of the host.
	Image string

	Program []string // path and arguments
	Env     []string // all of its environment
	Dir     string   // its working directory, on the host; read-only, as all of the host is
	// Files are files of the host by their name in plan.Home, where the program finds them:
	// itself, and what is in a directory that the guest has its own of, such as /tmp.
	Files map[string]string

	// Line is called with each line that the program writes, as it comes, from one
	// goroutine.
	Line func(string)
	// Silence is how long the program may write no line; then the machine has hung. There is
	// no telling how long a whole run takes on a busy host. 0 is five minutes.
	Silence time.Duration
}

// Result is what became of a machine that ran to its end.
type Result struct {
	Exit  int // status of the program; 128 and more: killed by a signal
	Marks []Mark
}

type machine struct {
	config  Config
	kernel  Kernel
	lines   *lines
	monitor *monitor
	console tail
	output  tail
	desk    *desk
	life    *life
	size    int64 // of the image
}

func (m *machine) path(name string) string { return filepath.Join(m.config.Work, name) }
func (m *machine) share() string           { return m.path("share") }

// Clock is how time passes in a machine.
type Clock int

const (
	// Counted time is that of the instructions that the machine executes, and jumps ahead
	// while it has nothing to do. However busy the host is, no program in the machine is
	// late for that, and a minute of sound takes some seconds. One CPU at a time works.
	// Waiting for the host takes long, in this time: prefer what is in memory (plan.Home)
	// to the host's files while sound plays.
	Counted Clock = iota
	// RealTime is the host's. On a host that has other things to do a card may run dry.
	RealTime
)

// Run boots a machine, runs the program in it, and returns when the machine is off. The
// machine dies with ctx, and with the process.
//
// An error says that the program did not come to its end; where the machine hung is in it.
func Run(ctx context.Context, k Kernel, c Config) (Result, error) {
	m := &machine{config: c, kernel: k}
	if c.Silence == 0 {
		m.config.Silence = 5 * time.Minute
	}
	if err := m.prepare(ctx); err != nil {
		return Result{}, err
	}
	var err error
	if m.lines, err = newLines(); err != nil {
		return Result{}, err
	}
	defer m.lines.close()
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	m.life = newLife(m.config.Silence, cancel)
	defer m.life.end()
	said, err := m.live(limited, cancel)
	switch {
	case ctx.Err() != nil:
		return Result{}, m.failure("the machine was stopped: %v", ctx.Err())
	case limited.Err() != nil:
		return Result{}, m.failure("the machine hung, and was killed after it had said nothing for %v", m.config.Silence)
	case err != nil:
		return Result{}, m.failure("%s: %v", Program, err)
	}
	return m.judge(said)
}

// judge makes a result of what the first process has said.
func (m *machine) judge(said []string) (Result, error) {
	r := Result{Marks: m.desk.marks}
	for _, line := range said {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case plan.Failed:
			return r, m.failure("the machine could not start the program: %s", rest)
		case plan.Exit:
			status, err := strconv.Atoi(rest)
			if err != nil {
				return r, m.failure("the machine said %q", line)
			}
			r.Exit = status
			return r, nil
		}
	}
	return r, m.failure("the machine went off before the program had ended")
}

// restarted reports whether a System has started once more than its program wanted, as it does when the kernel panics.
func restarted(said []string) bool {
	more := -1
	for _, line := range said {
		switch line {
		case plan.Starting:
			more++
		case plan.Reboot:
			more--
		}
	}
	return more > 0
}

// failure is an error with the last words of the machine.
func (m *machine) failure(format string, args ...any) error {
	var b strings.Builder
	fmt.Fprintf(&b, format, args...)
	fmt.Fprintf(&b, "\nlast lines of the program:\n%s\nlast lines of the console:\n%s", m.output.text(), m.console.text())
	return errors.New(b.String())
}

// prepare writes the files that QEMU reads.
func (m *machine) prepare(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(m.share(), "recordings"), 0o755); err != nil {
		return err
	}
	if m.config.Image != "" {
		info, err := os.Stat(m.config.Image)
		if err != nil {
			return err
		}
		m.size = info.Size()
	}
	var cards []plan.Card
	p := plan.Plan{Program: m.config.Program, Env: m.config.Env, Dir: m.config.Dir}
	var sound []module
	for _, c := range m.config.Cards {
		cards = append(cards, c.seen())
		p.Cards = append(p.Cards, c.id)
		sound = append(sound, c.modules...)
	}
	sound = append(sound, soundModules()...)
	for _, name := range m.config.Modules {
		sound = append(sound, module{name: name})
	}
	modules := baseModules()
	if m.config.Image == "" {
		modules = append(modules, sound...)
	} else {
		modules = append(modules, diskModules()...)
		p.System = true
		p.Options, p.Load = forModprobe(sound)
	}
	text, err := json.MarshalIndent(cards, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(m.share(), plan.Cards), text, 0o644); err != nil {
		return err
	}
	for name, from := range m.config.Files {
		p.Files = append(p.Files, name)
		if err := copyFile(filepath.Join(m.share(), name), from); err != nil {
			return err
		}
	}
	return writeInitrd(ctx, m.path("initrd"), m.kernel, modules, p)
}

// copyFile keeps the permissions.
func copyFile(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, info.Mode().Perm())
}

// live is the life of the process, and returns what the first process of the guest said.
func (m *machine) live(ctx context.Context, kill func()) (said []string, err error) {
	var listening sync.WaitGroup
	listen := func(r io.Reader, each func(string)) {
		listening.Go(func() {
			s := bufio.NewScanner(r)
			s.Buffer(nil, 1<<20)
			for s.Scan() {
				each(strings.TrimRight(s.Text(), "\r"))
			}
			io.Copy(io.Discard, r) // after a line that is too long
		})
	}
	m.monitor = newMonitor(m.lines.qmp)
	m.desk = newDesk(m)
	listen(m.lines.console, m.console.add)
	listen(m.lines.init, func(line string) {
		said = append(said, line)
		if restarted(said) {
			m.console.add("(it started again, and nobody had asked for that)")
			kill()
		}
	})
	listen(m.lines.output, func(line string) {
		m.life.sign()
		m.output.add(line)
		if m.config.Line != nil {
			m.config.Line(line)
		}
	})
	listen(m.lines.control, m.desk.serve)
	err = m.process(ctx)
	m.lines.handed()
	listening.Wait() // all the lines end with the process
	return said, err
}

// process runs QEMU until the guest switches it off. The kernel kills it with the thread
// that started it, so this goroutine keeps its own.
func (m *machine) process(ctx context.Context) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	args := m.arguments()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.ExtraFiles = m.lines.guest
	var complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &complaints, &complaints
	err := cmd.Start()
	m.lines.handed()
	if err != nil {
		return err
	}
	m.monitor.Do("qmp_capabilities", nil) // it ends with the process, if that fails
	if err = cmd.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, complaints.Bytes())
	}
	return nil
}
