package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// baresip is that program, in a folder of its own: it plays a file, and writes what it hears into one.
type baresip struct {
	*exec.Cmd
	dir   string
	typed io.WriteCloser
	said  *phone // only collects what it prints
}

func (e *exchange) baresip(args ...string) *baresip {
	e.Helper()
	path, err := exec.LookPath("baresip")
	if err != nil {
		e.Skip("not tested: calls of baresip; it is not installed (Debian: baresip-core)")
	}
	modules, _ := filepath.Glob("/usr/lib*/baresip/modules")
	if debian, _ := filepath.Glob("/usr/lib/*/baresip/modules"); len(modules) == 0 {
		modules = debian
	}
	if len(modules) == 0 {
		e.Skip("not tested: calls of baresip; its modules are in no folder that Debian has")
	}
	dir := e.TempDir()
	for name, text := range map[string]string{
		"accounts": "<sip:bare@127.0.0.1>;regint=0\n", "contacts": "",
		"config": fmt.Sprintf("sip_listen 127.0.0.1:0\nnet_interface 127.0.0.1\naudio_source aufile,%s/says.wav\naudio_player aubridge,nobody\naudio_alert aubridge,nobody\n"+
			"snd_path %s\nmodule_path %s\nmodule stdio.so\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\nmodule_app account.so\nmodule_app menu.so\n",
			dir, dir, modules[0]),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			e.Fatal(err)
		}
	}
	e.writesTone(filepath.Join(dir, "says.wav"), 440, 0.5)
	b := &baresip{exec.CommandContext(servertest.Guard(e.T), path, append([]string{"-f", dir}, args...)...), dir, nil, &phone{exchange: e, name: "baresip", ended: make(chan struct{})}}
	b.Stdout, b.Stderr = b.said, b.said
	if b.typed, err = b.StdinPipe(); err != nil {
		e.Fatal(err)
	}
	if err := b.Start(); err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() {
		b.Process.Kill()
		b.Wait()
		if e.Failed() {
			e.Logf("baresip printed\n%s", b.said.text())
		}
	})
	return b
}

// types types keys: those of a telephone are events in a call, b hangs up, q quits.
func (b *baresip) types(e *exchange, keys string) {
	e.Helper()
	if _, err := io.WriteString(b.typed, keys); err != nil {
		e.Fatal(err)
	}
}

// writesTone writes a minute of a tone, with the shortest of headers: baresip reads no other chunk.
func (e *exchange) writesTone(path string, hz, amplitude float64) {
	e.Helper()
	samples := make([]float32, 60*8000)
	for i := range samples {
		samples[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	le, n := binary.LittleEndian, uint32(2*len(samples))
	file := le.AppendUint32([]byte("RIFF"), 36+n)
	file = le.AppendUint32(append(file, "WAVEfmt "...), 16)
	file, _ = binary.Append(file, le, struct {
		PCM, channels uint16
		rate, bytes   uint32
		frame, bits   uint16
	}{1, 1, 8000, 16000, 2, 16})
	file = le.AppendUint32(append(file, "data"...), n)
	frames := make([]byte, n)
	audio.S16LE.Encode(frames, samples, nil)
	if err := os.WriteFile(path, append(file, frames...), 0o600); err != nil {
		e.Fatal(err)
	}
}

// heardTone reports whether a file of 8000 Hz has a tone in enough windows.
func (e *exchange) heardTone(path string, hz, amplitude float64) bool {
	e.Helper()
	file, err := os.Open(path)
	if err != nil {
		e.Fatal(err)
	}
	defer file.Close()
	r, err := wav.NewReader(file)
	if err != nil || r.Format().Rate != 8000 || r.Format().Channels != 1 || r.Format().Encoding != audio.S16LE {
		e.Fatalf("%s: %v", r.Format(), err)
	}
	block, floats, samples := make([]byte, 2*window), make([]float32, window), make([]float64, window)
	for good := 0; good < enough; {
		if n, err := r.ReadFrames(block); n < window {
			e.Logf("the file ends with %v", err)
			return false
		}
		audio.S16LE.Decode(floats, block)
		for i, v := range floats {
			samples[i] = float64(v)
		}
		if isTone(samples, hz, amplitude) {
			good++
		}
	}
	return true
}

// Baresip calls, a tone goes each way, its keys are heard, and it hangs up.
func TestBaresipCalls(t *testing.T) {
	t.Parallel() // it mostly waits for the clock
	e := newExchange(t, loop.Reset)
	a := e.phone("a")
	said := e.plays(e.open("a-out", audio.Play, 48000), 1000, 0.1, forever)
	ear := e.open("a-in", audio.Record, 8000)
	b := e.baresip("-e", "/dial "+a.uri)
	a.until("call from sip:bare@127.0.0.1")
	e.hears(ear, 440, 0.5)
	b.types(e, "5")
	a.until("key 5")
	b.types(e, "#")
	a.until("key #")
	var heard []string
	servertest.Until(t, "three seconds to be heard", func() bool {
		heard, _ = filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
		if len(heard) != 1 {
			return false
		}
		info, err := os.Stat(heard[0])
		return err == nil && info.Size() > 3*2*8000
	})
	b.types(e, "b")
	a.until(`ended: the other side hung up; packets: \d+ sent, \d+ received, 0 lost, \d+ late, 0 refused`)
	servertest.Is(t, <-said, audio.ErrReset)
	b.types(e, "q")
	if err := b.Wait(); err != nil {
		t.Errorf("baresip: %v", err)
	}
	if !e.heardTone(heard[0], 1000, 0.1) {
		t.Error("baresip did not hear the tone")
	}
	t.Log(strings.TrimSpace(a.text()))
}
