package loop_test

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
)

// switches are hardware with a speaker, and a headphone that can be pulled.
type switches struct {
	avail    audio.Ports
	selected map[audio.Direction]audio.Ports
	refuse   error
	calls    int
}

func (s *switches) Ports(d audio.Direction) (avail, mod audio.Ports, exclusive bool) {
	if d == audio.Record {
		return audio.PortMicrophone | audio.PortLineIn, audio.PortMicrophone | audio.PortLineIn, true
	}
	return s.avail, s.avail, false
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

// TestD23PortsOfHardware: a set switches it, or changes nothing; jacks and other mixers
// are followed.
func TestD23PortsOfHardware(t *testing.T) {
	hw := &switches{
		avail:    audio.PortSpeaker | audio.PortHeadphone,
		selected: map[audio.Direction]audio.Ports{audio.Play: audio.PortHeadphone, audio.Record: audio.PortMicrophone},
	}
	engine, err := loop.NewEngineWith("card", backendtest.NewClock(backend.Config{Play: true, Record: true}), loop.EngineOptions{Controls: hw})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	set := func(args ...string) error {
		t.Helper()
		p, err := audio.ParsePatch(args...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = engine.Set(p)
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
	if changes := engine.Replugged(false); len(changes) != 0 {
		t.Errorf("nothing has changed, but %v", changes)
	}

	hw.avail, hw.selected[audio.Play] = audio.PortSpeaker, audio.PortSpeaker // the headphone is pulled
	if changes := engine.Replugged(false); len(changes) != 3 {
		t.Errorf("%v", changes)
	}
	has(audio.PortSpeaker, audio.PortLineIn, audio.PortSpeaker)
	hw.selected[audio.Record] = audio.PortMicrophone // another mixer
	if changes := engine.Replugged(false); len(changes) != 1 || changes[0].Field != audio.RecordPort {
		t.Errorf("%v", changes)
	}
	hw.avail, hw.selected[audio.Record] = both, audio.PortLineIn // another card of the kind is plugged in
	hw.selected[audio.Play] = audio.PortHeadphone
	engine.Replugged(true)
	has(audio.PortSpeaker, audio.PortMicrophone, both)
}
