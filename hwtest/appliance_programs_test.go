package hwtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/hear"
)

// running is a program in the background.
type running struct {
	a     *appliance
	line  string
	cmd   *exec.Cmd
	said  bytes.Buffer // read it when the program has ended
	ended chan struct{}
	err   error
}

// starts starts a program, whose line it shows. It does not outlive the stage.
func (a *appliance) starts(line string) *running {
	a.Helper()
	fmt.Println("# " + line + " &")
	words := strings.Fields(line)
	r := &running{a: a, line: line, cmd: exec.Command(words[0], words[1:]...), ended: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.said, &r.said
	if err := r.cmd.Start(); err != nil {
		a.Fatalf("%s: %v", line, err)
	}
	go func() {
		defer close(r.ended)
		r.err = r.cmd.Wait()
	}()
	a.Cleanup(func() {
		r.cmd.Process.Kill()
		<-r.ended
	})
	return r
}

// over reports whether it has ended.
func (r *running) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// ends waits until it has ended, and returns how.
func (r *running) ends() error {
	r.a.Helper()
	r.a.until(r.line+" ends", r.over)
	return r.err
}

// fails waits until it has ended, with an error that it tells.
func (r *running) fails() {
	r.a.Helper()
	err, said := r.ends(), strings.TrimSpace(r.said.String())
	fmt.Printf("    %s: %v: %s\n", r.cmd.Args[0], err, said)
	if _, failed := errors.AsType[*exec.ExitError](err); !failed || said == "" {
		r.a.Errorf("%s: %v, and it says %q", r.line, err, said)
	}
}

// numbers are numbered frames that one program plays to the client end of a loop, and another records at its server end.
type numbers struct {
	a                *appliance
	frames           int
	player, recorder *running
}

const numbersFile, heardFile = "numbers.raw", "heard.raw"

// writeNumbers makes the file of numbered frames.
func (a *appliance) writeNumbers(frames int) {
	a.Helper()
	if err := os.WriteFile(inHome(numbersFile), hear.Count(1, frames), 0o644); err != nil {
		a.Fatalf("%v", err)
	}
}

// playsNumbers starts both programs, and returns when frames arrive.
func (a *appliance) playsNumbers(frames int) *numbers {
	a.Helper()
	a.writeNumbers(frames)
	_ = os.Remove(inHome(heardFile))
	n := &numbers{a: a, frames: frames}
	n.recorder = a.starts("arecord -q -D loopbridge:numbers,server -t raw -f dat " + inHome(heardFile))
	n.player = a.starts("aplay -q -D loopbridge:LOOP=numbers,WAIT=10s -t raw -f dat " + inHome(numbersFile))
	a.until("frames arrive", func() bool { return n.arrived() > 0 || n.player.over() })
	return n
}

// arrived is how many frames were recorded.
func (n *numbers) arrived() int64 {
	info, err := os.Stat(inHome(heardFile))
	if err != nil {
		return 0
	}
	return info.Size() / 4
}

// areWhole waits for the end of both programs, and wants every frame once and in order.
func (n *numbers) areWhole() {
	n.a.Helper()
	if err := n.player.ends(); err != nil {
		n.a.Errorf("%s: %v: %s", n.player.line, err, n.player.said.Bytes())
	}
	_ = n.recorder.ends() // by the end of the stream, which is an error for arecord
	heard, err := os.ReadFile(inHome(heardFile))
	if err != nil {
		n.a.Fatalf("%v", err)
	}
	n.a.follow("aplay to arecord through the loop", heard, n.frames)
}
