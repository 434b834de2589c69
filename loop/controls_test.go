package loop_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// switches are hardware with a speaker, and a headphone that can be pulled.
type switches struct {
	avail    audio.Ports
	selected map[audio.Direction]audio.Ports
	refuse   error
	calls    int
	volume   int
	monitor  int
	scale    bool        // of the volume; and it monitors
	path     audio.Ports // the only input that it can monitor; 0: all
}

func (s *switches) Ports(d audio.Direction) backend.ControlPorts {
	if d == audio.Record {
		return backend.ControlPorts{Avail: audio.PortMicrophone | audio.PortLineIn, Mod: audio.PortMicrophone | audio.PortLineIn, Exclusive: true}
	}
	return backend.ControlPorts{Avail: s.avail, Jacked: s.avail & audio.PortHeadphone, Mod: s.avail}
}

func (s *switches) Selected(d audio.Direction) (audio.Ports, error) { return s.selected[d], nil }

func (s *switches) Select(d audio.Direction, p audio.Ports) error {
	if s.refuse != nil {
		return s.refuse
	}
	s.calls++
	s.selected[d] = p
	return nil
}

func (s *switches) Gain(d audio.Direction) (gain int, ok bool) {
	return min(s.volume, 255), s.scale && d == audio.Play
}

// Way has steps of a quarter, and ends at the next one above.
func (s *switches) Way(_ audio.Direction, gain int) (levels []float64, err error) {
	for v, to := s.volume, (gain+63)/64*64; ; v += 64 * cmp.Compare(to, v) {
		if levels = append(levels, 20*math.Log10(float64(v)/255)); v == to {
			return levels, nil
		}
	}
}

func (s *switches) SetLevel(_ audio.Direction, dB float64) error {
	s.volume = int(math.Round(255 * math.Pow(10, dB/20)))
	return nil
}

func (s *switches) Monitor(gain int) (bool, error) {
	if s.path != 0 && s.selected[audio.Record] != s.path {
		return false, audio.ErrUnsupported.With("no path")
	}
	s.monitor = gain
	return s.scale, nil
}

func (s *switches) Monitored() (gain int, ok bool) { return s.monitor, s.scale }

// TestD19GainOfHardware: it does its part, and software the rest.
func TestD19GainOfHardware(t *testing.T) {
	for _, scale := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) { gainOfHardware(t, scale) })
	}
}

func gainOfHardware(t *testing.T, scale bool) {
	hw := &switches{avail: audio.PortSpeaker, selected: map[audio.Direction]audio.Ports{}, volume: 64, scale: scale}
	c := newCardOn(t, true, true, hw)
	c.feed(1000, 0.25)
	p := c.client("speaker", pcm.Write)
	// next plays a little at what the gains are now.
	next := func(gain, volume, heard int) {
		t.Helper()
		c.play(p, constant(1000, 9*period)) // the volume takes a step each period
		for range 9 {
			c.clock.Advance(period)
			synctest.Wait()
		}
		if !scale {
			volume, heard = 64, int(1000*mixer.Amplitude(gain))
		}
		if l, _ := c.last(); int(l) < heard-1 || int(l) > heard+1 || hw.volume != volume || c.engine.Info().Play.Gain != gain {
			t.Errorf("gain %d: hardware %d, and %d is played, want %d, %d and %d", c.engine.Info().Play.Gain, hw.volume, l, gain, volume, heard)
		}
	}
	if scale {
		next(64, 64, 1000) // as it was found
	} else {
		next(255, 64, 1000)
	}
	for _, step := range []struct{ gain, volume, heard int }{{255, 256, 996}, {128, 128, 1000}, {96, 128, 750}, {0, 0, 0}, {96, 128, 750}} {
		c.set(fmt.Sprintf("play.gain=%d", step.gain))
		next(step.gain, step.volume, step.heard)
	}
	if scale {
		if changes := c.changed(false); len(changes) != 0 {
			t.Errorf("nothing has changed, but %v", changes)
		}
		hw.volume = 64 // another mixer
		if changes := c.changed(false); len(changes) != 1 || changes[0].Field != state.PlayGain {
			t.Errorf("%v", changes)
		}
		next(64, 64, 1000)
		hw.volume = 320 // beyond unity
		c.changed(false)
		next(255, 320, 1000)
		c.set("play.gain=255")
		next(255, 256, 996)
		c.set("play.gain=96")
		synctest.Wait()
		hw.volume = 0 // the card was away
		c.changed(true)
		next(96, 128, 750)
		hw.refuse = audio.ErrIO.With("no")
		if _, err := c.try("play.gain=200", "play.port=speaker"); !errors.Is(err, audio.ErrIO) {
			t.Errorf("a port that the hardware refuses: %v", err)
		}
		hw.refuse = nil
		next(96, 128, 750)
	}
	p.Abandon()
	c.set("monitor_gain=255", "play.gain=64")
	c.clock.Advance(30 * period)
	if level := c.level(1000); hw.monitor != 255 || (level > -60) == scale {
		t.Errorf("the hardware (%v) monitors with %d, and software at %.1f dB", scale, hw.monitor, level)
	}
	hw.monitor = 99 // another mixer
	changes := c.changed(false)
	if heard := len(changes) == 1 && changes[0].Field == state.MonitorGain && c.engine.Info().MonitorGain == 99; heard != scale {
		t.Errorf("%v, and monitor_gain is %d", changes, c.engine.Info().MonitorGain)
	}
}

// TestD23PortsOfHardware: a set switches it, or changes nothing; jacks and other mixers
// are followed.
func TestD23PortsOfHardware(t *testing.T) { synctest.Test(t, portsOfHardware) }

func portsOfHardware(t *testing.T) {
	hw := &switches{
		avail:    audio.PortSpeaker | audio.PortHeadphone,
		selected: map[audio.Direction]audio.Ports{audio.Play: audio.PortHeadphone, audio.Record: audio.PortMicrophone},
	}
	c := newCardOn(t, true, true, hw)
	engine := c.engine
	set := func(args ...string) error {
		t.Helper()
		_, err := c.try(args...)
		return err
	}
	has := func(play, record, avail audio.Ports) {
		t.Helper()
		if i := engine.Info(); i.Play.Port != play || i.Record.Port != record || i.Play.AvailPorts != avail || hw.selected[audio.Play] != play || hw.selected[audio.Record] != record {
			t.Errorf("state %v %v of %v, hardware %v", i.Play.Port, i.Record.Port, i.Play.AvailPorts, hw.selected)
		}
	}
	both := audio.PortSpeaker | audio.PortHeadphone
	has(audio.PortHeadphone, audio.PortMicrophone, both) // as it was found
	if hw.calls != 0 {
		t.Error("it was switched before anybody asked for it")
	}
	if err := set("play.port=speaker+headphone", "record.port=line_in"); err != nil {
		t.Fatal(err)
	}
	has(both, audio.PortLineIn, both)
	for _, bad := range []string{"play.port=line_out", "record.port=microphone+line_in"} {
		if err := set("play.gain=3", bad); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	hw.refuse = audio.ErrIO.With("no")
	if err := set("play.gain=3", "play.port=speaker"); !errors.Is(err, audio.ErrIO) || engine.Info().Play.Gain != 255 {
		t.Errorf("%v, gain %d", err, engine.Info().Play.Gain)
	}
	hw.refuse = nil
	has(both, audio.PortLineIn, both)
	if changes := c.changed(false); len(changes) != 0 {
		t.Errorf("nothing has changed, but %v", changes)
	}

	hw.path = audio.PortMicrophone
	if err := set("record.port=microphone", "monitor_gain=9"); err != nil {
		t.Errorf("monitors the input that it had before: %v", err)
	}
	has(both, audio.PortMicrophone, both)
	if err := set("record.port=line_in", "monitor_gain=10", "play.port=speaker"); !errors.Is(err, audio.ErrUnsupported) || hw.monitor != 9 {
		t.Errorf("%v, monitor %d", err, hw.monitor)
	}
	has(both, audio.PortMicrophone, both) // nothing is changed
	hw.path = 0

	hw.selected[audio.Record] = 0 // all off, with another mixer
	c.changed(false)
	if err := set("record.port=line_in"); err != nil {
		t.Fatal(err)
	}
	has(both, audio.PortLineIn, both)

	hw.avail = audio.PortSpeaker // the headphone is pulled: the speaker takes over
	if changes := c.changed(false); len(changes) != 3 {
		t.Errorf("%v", changes)
	}
	has(audio.PortSpeaker, audio.PortLineIn, audio.PortSpeaker)
	hw.selected[audio.Record] = audio.PortMicrophone // another mixer
	if changes := c.changed(false); len(changes) != 1 || changes[0].Field != state.RecordPort {
		t.Errorf("%v", changes)
	}
	hw.avail, hw.selected[audio.Record] = both, audio.PortLineIn // another card of the kind is plugged in
	hw.selected[audio.Play] = audio.PortHeadphone
	c.changed(true)
	has(audio.PortSpeaker, audio.PortMicrophone, both)
}
