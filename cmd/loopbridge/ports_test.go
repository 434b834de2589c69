package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// portsConfig is the shipped example with files in a folder of the test.
func portsConfig(t *testing.T, input []byte) (c config.Config, card *config.Device) {
	t.Helper()
	c, err := config.Load("../../configs/ports.toml")
	if err != nil {
		t.Fatal(err)
	}
	dir := trial.TempDir(t)
	card = &c.Devices[len(c.Devices)-1]
	card.Input, card.Output = config.Input{File: filepath.Join(dir, "in.wav")}, filepath.Join(dir, "out.wav")
	trial.WriteWAV(t, card.Input.File, card.Format, input)
	return c, card
}

// tones are as many channels of S16_LE, of so many Hz, for a tenth of a second.
func tones(hertz ...float64) (sound []byte) {
	for i := range 4800 {
		for _, h := range hertz {
			v := math.RoundToEven(3000 * math.Sin(2*math.Pi*h/48000*float64(i)))
			sound = binary.LittleEndian.AppendUint16(sound, uint16(int16(v)))
		}
	}
	return sound
}

// channel is every sample of one channel of S16_LE that is not silence.
func channel(sound []byte, channels, which int) (samples []byte) {
	for i := 2 * which; i < len(sound); i += 2 * channels {
		if s := sound[i : i+2]; s[0]|s[1] != 0 {
			samples = append(samples, s...)
		}
	}
	return samples
}

// TestD23PortsOfTheExamplePlay: files that are played one after the other are in the
// channels of the ports that were in use, bit for bit, and nowhere else.
func TestD23PortsOfTheExamplePlay(t *testing.T) {
	c, card := portsConfig(t, tones(480, 960, 1440, 1920))
	socket := filepath.Join(trial.TempDir(t), "s")
	d, err := daemon.Start(c, socket, zerolog.Nop(), daemon.Source{})
	if err != nil {
		t.Fatal(err)
	}
	var want [4][]byte
	for i, port := range []audio.Ports{audio.PortSpeaker | audio.PortHeadphone, audio.PortHeadphone, audio.PortSpeaker} {
		name := port.Names(audio.Play)
		cliRun(t, nil, "--socket", socket, "set", "card", "play.port="+name).want(t, exitOK)
		if o := cliRun(t, nil, "--socket", socket, "info", "card", "play.port", "play.avail_ports", "play.mod_ports", "play.channels"); o.stdout !=
			"play.port="+name+"\nplay.avail_ports=speaker+headphone\nplay.mod_ports=speaker+headphone\nplay.channels=2\n" {
			t.Errorf("info: %s", o.stdout)
		}
		sound := trial.Noise(audio.DefaultFormat(), 5000+i)
		file := filepath.Join(filepath.Dir(card.Output), name+".wav")
		trial.WriteWAV(t, file, audio.DefaultFormat(), sound)
		cliRun(t, nil, "--socket", socket, "play", "music", file).want(t, exitOK)
		for k := range want {
			if port&(1<<(k/2)) != 0 {
				want[k] = append(want[k], channel(sound, 2, k%2)...)
			}
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	f, got := trial.ReadWAV(t, card.Output)
	if f != card.Format {
		t.Errorf("the file is of %s", f)
	}
	for k := range want {
		if !bytes.Equal(channel(got, 4, k), want[k]) {
			t.Errorf("channel %d has %d bytes of sound, want %d", k+1, len(channel(got, 4, k)), len(want[k]))
		}
	}
}

// TestD23PortsOfTheExampleRecord: the tones of the file are heard at the ports that have
// their channels, bit for bit.
func TestD23PortsOfTheExampleRecord(t *testing.T) {
	c, _ := portsConfig(t, tones(480, 960, 1440, 1920))
	socket := testDaemon(t, func(to *config.Config) { to.Devices, to.Loops = c.Devices, c.Loops })
	p, err := client.Open(t.Context(), socket, "mic", pcm.Options{Role: pcm.Client, Direction: pcm.Read})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abandon()
	sum := tones(480, 960)
	for i, line := 0, tones(1440, 1920); i < len(sum); i += 2 {
		binary.LittleEndian.PutUint16(sum[i:], binary.LittleEndian.Uint16(sum[i:])+binary.LittleEndian.Uint16(line[i:]))
	}
	window := make([]byte, 2400*4) // what comes after a gap is not in the file
	for port, want := range map[string][]byte{
		"microphone": tones(480, 960), "line_in": tones(1440, 1920), "microphone+line_in": sum,
	} {
		cliRun(t, nil, "--socket", socket, "set", "card", "record.port="+port).want(t, exitOK)
		want = bytes.Repeat(want, 2)
		for deadline := time.Now().Add(servertest.Hang); !bytes.Contains(want, window); {
			if _, err := p.Read(t.Context(), window); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: its tones are not heard", port)
			}
		}
	}
}
