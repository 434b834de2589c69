package hwtest_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sleeper is a program that sleeps in a read of a node.
type sleeper struct {
	*exec.Cmd
	said bytes.Buffer
}

func (d *daemon) sleeps(loop string) *sleeper {
	d.b.Helper()
	s := &sleeper{Cmd: exec.Command("cat", nodesAt+loop+".server")}
	s.Stderr = &s.said
	if err := s.Start(); err != nil {
		d.b.Fatalf("%v", err)
	}
	d.until("has a server that reads", func() bool { held, _ := d.held(loop); return held != nil && held.State == "armed" })
	return s
}

// ends waits for a sleeper and says what it was told.
func (s *sleeper) ends(b *bench, when string, words ...string) {
	b.Helper()
	s.Wait()
	said := strings.TrimSpace(s.said.String())
	for _, w := range words {
		if strings.Contains(said, w) {
			b.say("%s: %q", when, said)
			return
		}
	}
	b.Errorf("%s: %q, want one of %q", when, said, words)
}

// endsDaemons: programs that sleep in a node are told when the daemon changes its loops, is replaced, ends or is killed, and
// none hangs.
func endsDaemons(b *bench) {
	d := b.nodes(nodeConfig, nodesAt+"loop0.server", nodesAt+"loop1.server", "/dev/dsp")

	s := d.sleeps("loop1")
	d.runs("loop", "rm", "loop1")
	s.ends(b, "the loop is removed", "reset")
	d.until("removes the node", gone(nodesAt+"loop1"))
	d.runs("loop", "add", "loop1")
	d.until("makes it again", there(nodesAt+"loop1.server"))

	s = d.sleeps("loop0")
	d.runs("upgrade")
	if held, _ := d.held("loop0"); held == nil || held.PID != s.Process.Pid || held.State != "armed" {
		b.Errorf("after an upgrade the sleeper is %+v", held)
	}
	s.Process.Kill()
	s.Wait()
	d.until("forgets it", func() bool { held, _ := d.held("loop0"); return held == nil })

	s = d.sleeps("loop0")
	d.stop()
	s.ends(b, "the daemon ends", "reset")
	if !gone(nodesAt + "loop0")() {
		b.Errorf("the nodes outlive the daemon")
	}

	d = b.nodes(nodeConfig, nodesAt+"loop0.server")
	s = d.sleeps("loop0")
	file, err := os.OpenFile(nodesAt+"loop0", os.O_WRONLY, 0)
	if err != nil {
		b.Fatalf("%v", err)
	}
	d.cmd.Process.Signal(syscall.SIGKILL)
	<-d.ended
	s.ends(b, "the daemon is killed", "abort", "reset", "No such device", "not connected")
	_, err = file.Write(make([]byte, 4))
	if !errors.Is(err, syscall.ENOTCONN) && !errors.Is(err, syscall.ENODEV) && !errors.Is(err, syscall.ECONNABORTED) {
		b.Errorf("a write after that: %v", err)
	}
	b.say("a write after that: %v", err)
	file.Close()
	b.nodes(nodeConfig, nodesAt+"loop0.server").stop() // the next one has its own
}

// upgradesUnderWay: the program is replaced while others read and write nodes, who notice nothing, and lose nothing.
func upgradesUnderWay(b *bench) {
	d := b.nodes(loopsConfig(2), nodesAt+"loop1.server")
	const times, seconds = 3, 6
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.until("carries sound", func() bool { held, _ := d.held("loop1"); return held != nil && held.State == "running" })
		for range times {
			time.Sleep(time.Second)
			if out, err := d.program("upgrade").CombinedOutput(); err != nil {
				b.Errorf("loopbridge upgrade: %v %s", err, out)
			} else {
				b.say("%s", strings.Join(strings.Fields(string(out)), " "))
			}
		}
	}()
	d.carries(2, seconds)
	<-ended
	d.stop()
}

// losesModule: the module stays as long as it has nodes, and without it there are none, which the daemon says.
func losesModule(b *bench) {
	d := b.nodes(nodeConfig, nodesAt+"loop0.server")
	if err := unix.DeleteModule("cuse", 0); !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EBUSY) {
		b.Errorf("the module with nodes: %v, want that it is in use", err)
	}
	server, err := unix.Open(nodesAt+"loop0.server", unix.O_RDONLY, 0)
	if err != nil {
		b.Fatalf("%v", err)
	}
	d.stop()
	err = unix.DeleteModule("cuse", 0)
	b.say("the module with a node that a program has open, after the daemon: %v", err)
	_, err = unix.Read(server, make([]byte, 4))
	if !errors.Is(err, syscall.ENOTCONN) && !errors.Is(err, syscall.ENODEV) && !errors.Is(err, syscall.ECONNABORTED) {
		b.Errorf("a read after that: %v", err)
	}
	unix.Close(server)
	d.until("lets the module go", func() bool {
		err = unix.DeleteModule("cuse", 0)
		return err == nil || errors.Is(err, syscall.ENOENT)
	})
	d = b.launch(nodeConfig)
	d.until("says why there are no nodes", func() bool {
		out, err := d.program("nodes").CombinedOutput()
		return err == nil && strings.Contains(string(out), "modprobe cuse")
	})
	d.runs("ls")
	d.stop()
	if n := strings.Count(d.log.String(), "modprobe cuse"); n != 1 {
		b.Errorf("the log says %d times that the module is missing, want once", n)
	}
	b.say("without the module: no nodes, one note in the log, all else goes on")
}

// runs is a command of loopbridge that has to succeed.
func (d *daemon) runs(args ...string) {
	d.b.Helper()
	if out, err := d.program(args...).CombinedOutput(); err != nil {
		d.b.Errorf("loopbridge %s: %v %s", strings.Join(args, " "), err, out)
	}
}

func there(path string) func() bool {
	return func() bool { _, err := os.Stat(path); return err == nil }
}

func gone(path string) func() bool {
	return func() bool { _, err := os.Stat(path); return errors.Is(err, fs.ErrNotExist) }
}
