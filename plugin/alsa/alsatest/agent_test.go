package alsatest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
)

// What an agent can be asked for; see testdata/agent.c.
const (
	opOpen = iota + 1
	opParams
	opRead
	opWrite
	opPoll
	opWait
	opHalt
	opDrain
	opPause
	opNonblock
	opClose
)

// agent is a program on alsa-lib that does what it is asked to.
type agent struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   io.Reader
	calls sync.Mutex
	left  sync.Once
	over  chan struct{} // closed by leave
}

// answer is what it says: a count or the bits of an event, and frames.
type answer struct {
	result int
	frames []byte
}

func (a answer) number() uint32 { return binary.LittleEndian.Uint32(a.frames) }

func startAgent(t *testing.T, program, socket string) (*agent, error) {
	a := &agent{cmd: exec.Command(program), over: make(chan struct{})}
	a.cmd.Env = append(os.Environ(), "LOOPBRIDGE_SOCKET="+socket, configBeside(program))
	a.cmd.Stderr = os.Stderr
	var err error
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if a.out, err = a.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(a.leave)
	return a, nil
}

// leave kills the program.
func (a *agent) leave() {
	a.left.Do(func() {
		close(a.over)
		_ = a.cmd.Process.Kill()
		a.calls.Lock() // whoever asks sees the end of the output
		defer a.calls.Unlock()
		_ = a.cmd.Wait()
	})
}

// ask has the program do something; the end of ctx interrupts it with a signal.
func (a *agent) ask(ctx context.Context, op int, text []byte, args ...int) (answer, error) {
	a.calls.Lock()
	defer a.calls.Unlock()
	var request [6]int32
	request[0] = int32(op)
	for i, arg := range args {
		request[i+1] = int32(arg)
	}
	var message bytes.Buffer
	_ = binary.Write(&message, binary.LittleEndian, uint32(24+len(text)))
	_ = binary.Write(&message, binary.LittleEndian, request)
	message.Write(text)
	if _, err := a.in.Write(message.Bytes()); err != nil {
		return answer{}, a.gone()
	}
	answered := make(chan struct{})
	defer close(answered)
	stop := context.AfterFunc(ctx, func() {
		for { // a signal that comes before the program sleeps does not wake it
			_ = a.cmd.Process.Signal(syscall.SIGUSR1)
			select {
			case <-answered:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	defer stop()
	var size uint32
	if err := binary.Read(a.out, binary.LittleEndian, &size); err != nil {
		return answer{}, a.gone()
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(a.out, body); err != nil {
		return answer{}, a.gone()
	}
	got := answer{result: int(int32(binary.LittleEndian.Uint32(body))), frames: body[4:]}
	if got.result < 0 {
		return got, errnoError(op, syscall.Errno(-got.result))
	}
	return got, nil
}

func (a *agent) gone() error {
	select {
	case <-a.over:
		return audio.ErrClosed.With("the agent was killed")
	default:
		return errors.New("the agent has died")
	}
}

// errnoError is the error that the suite expects for what ALSA said.
func errnoError(op int, errno syscall.Errno) error {
	switch {
	case errno == syscall.EAGAIN && op != opOpen:
		return audio.ErrWouldBlock
	case audio.FromErrno(errno) != nil && audio.FromErrno(errno).Errno() == errno:
		return audio.FromErrno(errno).With("alsa-lib: %v", errno)
	}
	return errno
}

// agentProgram builds the program and the plugin, and alsa-lib's configuration beside them.
func agentProgram(t *testing.T) string {
	t.Helper()
	dir, err := buildAgent()
	if err != nil {
		if _, missing := exec.LookPath("gcc"); missing != nil {
			t.Skip("nothing is tested through the ALSA plugin: there is no gcc")
		}
		t.Fatal(err)
	}
	return filepath.Join(dir, "agent")
}

var buildAgent = sync.OnceValues(func() (string, error) {
	dir, err := buildPlugin()
	if err != nil {
		return "", err
	}
	return dir, compileAgent(dir)
})

func compileAgent(dir string, flags ...string) error {
	return compile(append(flags, "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-o", filepath.Join(dir, "agent"), "../testdata/agent.c", "-lasound")...)
}

// buildPlugin builds the plugin, and that for mixers, into a new directory, with a
// configuration of alsa-lib that names them.
func buildPlugin(flags ...string) (string, error) {
	dir, err := os.MkdirTemp(built, "lb")
	if err != nil {
		return "", err
	}
	conf, err := os.ReadFile("../50-loopbridge.conf")
	if err != nil {
		return "", err
	}
	rc := string(conf)
	sounds, _ := filepath.Glob("../*.c")
	mixers, _ := filepath.Glob("../ctl/*.c")
	for name, sources := range map[string][]string{
		"libasound_module_pcm_loopbridge.so": sounds,
		"libasound_module_ctl_loopbridge.so": append(mixers, "../conn.c", "../find.c", "../signals.c", "../text.c"),
	} {
		library := filepath.Join(dir, name)
		args := append([]string{"-std=gnu11", "-O2", "-g", "-fPIC", "-DPIC", "-shared", "-o", library}, sources...)
		if err := compile(append(append(args, flags...), "-lasound")...); err != nil {
			return "", err
		}
		rc = strings.ReplaceAll(rc, `"`+name+`"`, `"`+library+`"`)
	}
	if err := os.WriteFile(filepath.Join(dir, definitions), []byte(rc), 0o644); err != nil {
		return "", err
	}
	_, err = secluded.Config(dir, rc)
	return dir, err
}

// definitions is the file with those of the plugin, in the directory where that is.
const definitions = "50-loopbridge.conf"

// configBeside is the variable with alsa-lib's configuration for a program that is in the
// directory of the plugin.
func configBeside(program string) string {
	return secluded.ConfigVariable + "=" + filepath.Join(filepath.Dir(program), "alsa.conf")
}
