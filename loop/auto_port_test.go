package loop_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
)

// panel is hardware whose jacks a hand plugs.
type panel struct {
	switches
	mod, jacked audio.Ports
}

func (p *panel) Ports(d audio.Direction) backend.ControlPorts {
	if d == audio.Record {
		return backend.ControlPorts{}
	}
	return backend.ControlPorts{Avail: p.avail, Jacked: p.jacked & p.avail, Mod: p.mod}
}

// TestD23AutoPort: what is plugged in takes over, and gives way when it is pulled.
func TestD23AutoPort(t *testing.T) {
	const sp, hp, lo = audio.PortSpeaker, audio.PortHeadphone, audio.PortLineOut
	const all = sp | hp | lo
	for _, test := range []struct {
		name        string
		mod, jacked audio.Ports
		found       audio.Ports // in use when the device begins
		plugged     string      // one after the other
		used        string      // after each
	}{
		{"plugged, pulled", all, hp | lo, sp, "speaker speaker+headphone speaker", "speaker headphone speaker"},
		{"at first", all, hp | lo, sp, "speaker+headphone speaker", "headphone speaker"},
		{"built in: not at first", all, 0, sp, "speaker+headphone speaker", "speaker speaker"},
		{"back to the one before", all, hp | lo, sp, "speaker+line_out speaker+headphone+line_out speaker+line_out speaker", "line_out headphone line_out speaker"},
		{"another is pulled", all, hp, sp, "speaker speaker+line_out speaker", "speaker line_out speaker"},
		{"two at once", all, hp | lo, sp, "speaker speaker+headphone+line_out", "speaker headphone"},
		{"what cannot be switched is on", sp, hp, sp, "speaker speaker+headphone", "speaker speaker+headphone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plugged, used := strings.Fields(test.plugged), strings.Fields(test.used)
				ports := func(text string) audio.Ports {
					p, err := state.ParsePatch("play.port=" + text)
					if err != nil {
						t.Fatal(err)
					}
					bits, _ := p.Get(state.PlayPort)
					return audio.Ports(bits)
				}
				hw := &panel{
					switches: switches{avail: ports(plugged[0]), selected: map[audio.Direction]audio.Ports{audio.Play: test.found}},
					mod:      test.mod, jacked: test.jacked,
				}
				c := &card{T: t, clock: backendtest.NewClock(backend.Config{Play: true, Period: period})}
				var err error
				if c.engine, err = loop.NewEngineWith("card", c.control(c.clock, hw), loop.EngineOptions{AutoPort: true}); err != nil {
					t.Fatal(err)
				}
				c.bay = loop.NewPatchbay()
				if err := c.bay.AddDevice(c.engine); err != nil {
					t.Fatal(err)
				}
				for n, now := range plugged {
					if n > 0 {
						hw.avail = ports(now)
						c.Tell(backend.ControlChange{Jacks: audio.Play})
					}
					synctest.Wait()
					if port := c.engine.Info().Play.Port; port != ports(used[n]) || hw.selected[audio.Play] != port {
						t.Errorf("%d: with %s plugged in it uses %s, the hardware %s, want %s", n, now, port.Names(audio.Play), hw.selected[audio.Play].Names(audio.Play), used[n])
					}
				}
				c.bay.Close()
				if err := c.engine.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
