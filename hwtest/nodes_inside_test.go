package hwtest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// printSteps tells the host how many cases there are.
func printSteps(n int) { fmt.Printf("%s%d\n", stepsLine, n) }

// nodeConfig has nodes for some loops.
const nodeConfig = `
[nodes]
make = true
mode = "0666"
dsp = "loop0"

[[loop]]
name = "loop0"

[[loop]]
name = "loop1"
`

const nodesAt = "/dev/loopbridge/"

// nodes starts a daemon that has nodes, and waits for them.
func (b *bench) nodes(config string, wanted ...string) *daemon {
	b.Helper()
	d := b.launch(config)
	for _, name := range wanted {
		d.until("makes "+name, func() bool { _, err := os.Stat(name); return err == nil })
	}
	return d
}

// catsThroughNodes: cat is all that it takes.
func catsThroughNodes(b *bench) {
	d := b.nodes(nodeConfig, nodesAt+"loop0", nodesAt+"loop0.server", nodesAt+"loop1.server", "/dev/dsp")
	for _, client := range []string{nodesAt + "loop0", "/dev/dsp"} {
		var got, said bytes.Buffer
		reader := exec.Command("cat", nodesAt+"loop0.server")
		reader.Stdout, reader.Stderr = &got, &said
		if err := reader.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		d.until("has a server", func() bool { s, _ := d.held("loop0"); return s != nil })
		sent := hear.Count(1, 48000)
		node, err := os.OpenFile(client, os.O_WRONLY, 0)
		if err != nil {
			b.Fatalf("%v", err)
		}
		writer := exec.Command("cat")
		writer.Stdin, writer.Stdout = bytes.NewReader(sent), node
		var complains bytes.Buffer
		writer.Stderr = &complains
		if err := writer.Run(); err != nil {
			b.Errorf("cat into %s: %v %s", client, err, complains.Bytes())
		}
		if err := node.Close(); err != nil {
			b.Errorf("close: %v", err)
		}
		err = reader.Wait()
		if err == nil || !strings.Contains(said.String(), "reset") {
			b.Errorf("cat of the server ends with %v, %q; want a reset", err, said.String())
		}
		if !bytes.HasPrefix(got.Bytes(), sent) {
			b.Errorf("%d bytes came of %d, or others", got.Len(), len(sent))
		}
		b.say("%s: %d frames bit for bit, then %q", client, len(sent)/4, strings.TrimSpace(said.String()))
	}
	d.stop()
	if _, err := os.Stat(nodesAt + "loop0"); err == nil {
		b.Errorf("the node outlives the daemon")
	}
}

// held returns the ends of a loop that are held.
func (d *daemon) held(name string) (server *api.End, clients []api.End) {
	loops, _ := d.control.Loops(d.b.Context())
	for _, l := range loops {
		if l.Name == name {
			return l.Server, l.Clients
		}
	}
	return nil, nil
}

// walks runs a C program, whose lines are those of the report, and returns them.
func (b *bench) walks(program string, args ...string) string {
	b.Helper()
	out, err := exec.Command(filepath.Join(plan.Home, program), args...).CombinedOutput()
	good := 0
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		fmt.Println(line)
		if strings.HasPrefix(line, "ok ") {
			good++
		} else {
			b.Errorf("%s", line)
		}
	}
	if err != nil {
		b.Errorf("%s: %v", program, err)
	}
	b.say("%s: %d cases", program, good)
	return string(out)
}

// walksBoth runs a program of 64 bits, and then the same of 32.
func (b *bench) walksBoth(program string) {
	b.Helper()
	b.walks(program)
	if _, err := os.Stat(filepath.Join(plan.Home, program+narrow)); err != nil {
		b.say("not as a 32-bit program, for which gcc has no libraries here (Debian: gcc-multilib)")
		return
	}
	b.walks(program + narrow)
}

// walksLoops: a C program goes through the edge cases of loops, with system calls.
func walksLoops(b *bench) {
	b.nodes(nodeConfig, nodesAt+"loop0", nodesAt+"loop0.server")
	b.walksBoth(nodesProgram)
}

// sunConfig has nodes for a device on the kernel's own loop of sound cards.
const sunConfig = `
[nodes]
make = true
mode = "0666"
audio = "main"

[[device]]
name = "main"
backend = "alsa"
card = "id:Loopback"
rate = 48000
channels = 2
format = "S16_LE"
period = "480"
periods = 4
[device.play]
[device.record]
`

// walksStates: a C program goes through the state cases of audio(7I), with system calls.
func walksStates(b *bench) {
	d := b.nodes(sunConfig, nodesAt+"main.audio", nodesAt+"main.audioctl", "/dev/audio", "/dev/audioctl")
	d.until("runs on the card", func() bool { return d.runsOn() == "id:Loopback" })
	b.walksBoth(sunNodesProgram)
}
