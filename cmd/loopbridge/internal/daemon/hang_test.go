package daemon

import (
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/resample"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// TestStartHangsBelowAProgram: a card comes while a program plays, and its start never returns.
// The program plays on, the log says what hangs, and the card is used once it has answered.
func TestStartHangsBelowAProgram(t *testing.T) {
	t.Parallel()
	var there atomic.Bool
	var opened atomic.Int32
	release := make(chan struct{})
	log := &trial.Output{}
	d := newDaemon(zerolog.New(log))
	d.cards.opener = func(_ config.Device, _ string, wish backend.Config) (backend.Stream, error) {
		if !there.Load() {
			return nil, audio.ErrNoDevice.With("no card")
		}
		s, err := null.Open(wish, null.Options{})
		if opened.Add(1) == 1 && err == nil {
			s = backendtest.Hanging(s, release, "Start")
		}
		return s, err
	}
	c, device := config.Default(), config.DefaultDevice()
	device.Name, device.Backend, device.Play, device.Card.Name = "main", config.ALSA, true, "id:DAC"
	c.Devices = append(c.Devices, device)
	c.Loops = []config.Loop{{Device: "main", Spec: loop.Spec{Name: "speaker", Attached: audio.Play, Format: device.Format, Convert: convert.Options{Quality: resample.Good}}}}
	socket := filepath.Join(trial.TempDir(t), "s")
	if err := d.start(c, socket); err != nil {
		t.Fatal(err)
	}
	p, err := client.Open(t.Context(), socket, "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	if err != nil {
		t.Fatal(err)
	}
	played := make(chan error, 1)
	go func() {
		block := make([]byte, 480*4)
		for {
			if _, err := p.Write(t.Context(), block); err != nil {
				played <- err
				return
			}
		}
	}()
	engine, err := d.bay.Device("main")
	if err != nil {
		t.Fatal(err)
	}
	samples := func() uint32 { i := engine.Info(); return i.Play.Samples }
	servertest.Until(t, "the program plays", func() bool { return samples() > 0 })

	there.Store(true)
	d.cards.tell()
	servertest.Until(t, "the card is opened", func() bool { return opened.Load() == 1 })
	before := samples()
	servertest.Until(t, "the log says that the start was given up", func() bool { return log.Line("starting it was given up") != "" })
	if after := samples(); after-before < 48000 || engine.RunsOn() != config.NullDevice {
		t.Errorf("meanwhile %d frames were played, and it runs on %s", after-before, engine.RunsOn())
	}
	t.Logf("the daemon says: %s", log.Line("starting it was given up"))
	close(release)
	servertest.Until(t, "the card is used", func() bool { return engine.RunsOn() == "id:DAC" })
	if opened.Load() != 2 || log.Line("id:DAC takes over from null") == "" {
		t.Errorf("opened %d times; the log: %s", opened.Load(), log.Text())
	}
	p.Abandon()
	<-played
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
