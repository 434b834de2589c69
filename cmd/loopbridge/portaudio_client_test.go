//go:build portaudio && cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gordonklaus/portaudio"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// clientVariable makes this test program one that plays a second of sound with PortAudio, on
// the device that it names.
const clientVariable = "LOOPBRIDGE_TEST_PORTAUDIO_CLIENT"

// TestPortAudioClient: a program that uses PortAudio is at the client end of a loop, by way
// of the ALSA plugin, which PortAudio lists.
func TestPortAudioClient(t *testing.T) {
	if device := os.Getenv(clientVariable); device != "" {
		if err := playWithPortAudio(device); err != nil {
			t.Fatal(err)
		}
		return
	}
	portAudioProgram(t)
	if out, err := exec.Command("make", "-C", "../..", "plugin").CombinedOutput(); err != nil {
		t.Skipf("no ALSA plugin to list: %v: %s", err, out)
	}
	plugin, err := filepath.Abs("../../bin/libasound_module_pcm_loopbridge.so")
	if err != nil {
		t.Fatal(err)
	}
	dir := trial.TempDir(t)
	socket, config, out := filepath.Join(dir, "s"), filepath.Join(dir, "alsa.conf"), filepath.Join(dir, "out.wav")
	text := fmt.Sprintf("pcm_type.loopbridge { lib %q }\npcm.phone { type loopbridge loop \"loop1\" }\npcm.broken { type hw card 99 }\n", plugin)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	// The clock waits for whoever is late: an xrun has PortAudio drop the stream, which ends the
	// session.
	toml := filepath.Join(dir, "c.toml")
	if err := os.WriteFile(toml, []byte("device = [{ name = \"null\", backend = \"null\", freewheel = true }]\nloop = [{ name = \"loop1\" }]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	serve(t, socket, "--config", toml)
	recorder := start(t, socket, "record", "--server", "--rate", "48000", "loop1", out)
	waitForLoop(t, socket, "loop1", func(l api.Loop) bool { return l.State == "armed" })
	player := exec.Command(os.Args[0], "-test.run", "^TestPortAudioClient$")
	player.Env = append(os.Environ(), clientVariable+"=phone", "ALSA_CONFIG_PATH="+config, client.SocketVariable+"="+socket)
	said, err := player.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if o := recorder.wait(t); o.status != exitOK {
		t.Error(o.stderr)
	}

	f, heard := trial.ReadWAV(t, out)
	found, last := inOrder(t, f, heard)
	if found != 48000 || last != 48000 {
		t.Errorf("%d frames of 48000 were recorded, the last is number %d", found, last)
	}

	// The same where the process lists devices for loopbridge.
	lister := exec.Command("sh", "-c", clientVariable+"=phone LOOPBRIDGE_NOT_FOR=$$ exec "+os.Args[0]+" -test.run '^TestPortAudioClient$'")
	lister.Env = append(os.Environ(), "ALSA_CONFIG_PATH="+config, client.SocketVariable+"="+socket)
	if said, err := lister.CombinedOutput(); err == nil || !strings.Contains(string(said), "no device phone") {
		t.Errorf("a process of loopbridge has it, too: %v: %s", err, said)
	}
}

// playWithPortAudio plays numbered frames for a second.
func playWithPortAudio(device string) error {
	if err := portaudio.Initialize(); err != nil {
		return err
	}
	defer portaudio.Terminate()
	devices, err := portaudio.Devices()
	if err != nil {
		return err
	}
	f := audio.DefaultFormat()
	counter := backendtest.NewCounter(f)
	for _, d := range devices {
		if d.Name != device {
			continue
		}
		p := portaudio.HighLatencyParameters(nil, d)
		p.SampleRate, p.FramesPerBuffer, p.Flags = float64(f.Rate), 480, portaudio.DitherOff
		next, silent, done := uint64(1), 0, make(chan struct{})
		block := make([]byte, 480*f.FrameBytes())
		s, err := portaudio.OpenStream(p, func(out []int16) {
			if next > 48000 {
				clear(out)
				if silent++; silent == f.Rate/480 { // PortAudio drops what it holds when it is stopped
					close(done)
				}
				return
			}
			counter.Fill(block, next)
			for i := range out {
				out[i] = int16(block[2*i]) | int16(block[2*i+1])<<8
			}
			next += uint64(len(out) / 2)
		})
		if err != nil {
			return err
		}
		if err := s.Start(); err != nil {
			return err
		}
		<-done
		return s.Close()
	}
	return fmt.Errorf("PortAudio has no device %s", device)
}
