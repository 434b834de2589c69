package loop_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// channelsOf is a map with the ports in the order of their bits.
func channelsOf(lists ...[]int) device.PortMap {
	m := device.PortMap{Channels: map[audio.Ports][]int{}}
	for i, list := range lists {
		m.Channels[1<<i] = list
	}
	return m
}

// twoPairs is channels 1 and 2, or 3 and 4.
func twoPairs() device.PortMap { return channelsOf([]int{1, 2}, []int{3, 4}) }

// newPortCard is newCard with a stream of that format and with ports.
func newPortCard(t *testing.T, f audio.Format, p device.Ports) *card {
	clock := backendtest.NewClock(backend.Config{Play: true, Record: true, Format: f, Period: period})
	e, err := loop.NewEngineWith("card", clock, loop.EngineOptions{Ports: p})
	if err != nil {
		t.Fatal(err)
	}
	c := &card{T: t, clock: clock, engine: e, bay: loop.NewPatchbay()}
	t.Cleanup(func() {
		c.bay.Close()
		if err := c.engine.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, side := range map[string]audio.Direction{"speaker": audio.Play, "mic": audio.Record} {
		if err := c.bay.Add(loop.Spec{Name: name, Attached: side}, c.engine); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func quad() audio.Format { return audio.Format{Rate: 48000, Channels: 4, Encoding: audio.S16LE} }

// frame is a frame of S16_LE.
func frame(block []byte, channels, i int) []int {
	all := make([]int, channels)
	for k := range all {
		all[k] = int(int16(binary.LittleEndian.Uint16(block[2*(i*channels+k):])))
	}
	return all
}

// lastOf is the last frame that was played.
func (c *card) lastOf(channels int) string {
	played := c.clock.Played()
	return fmt.Sprint(frame(played, channels, len(played)/2/channels-1))
}

// TestD23EachPortHasItsChannels: what is played is in those of the ports in use, to the
// bit in every encoding, and all others are silent.
func TestD23EachPortHasItsChannels(t *testing.T) {
	m := channelsOf([]int{1, 2}, []int{6, 3}, []int{4, 5})
	for _, e := range audio.Encodings() {
		f := audio.Format{Rate: 48000, Channels: 6, Encoding: e}
		c := newPortCard(t, f, device.Ports{Play: m})
		p := c.client("speaker", pcm.Write)
		narrow := f
		narrow.Channels = 2
		if p.Format() != narrow {
			t.Fatalf("clients see %s", p.Format())
		}
		sound := make([]byte, (3*period+7)*narrow.FrameBytes())
		backendtest.NewCounter(narrow).Fill(sound, 1)
		for in := audio.Ports(1); in < 8; in++ {
			c.set("play.port=" + in.Names(audio.Play))
			c.clock.Advance(2 * period)
			c.clock.Forget()
			if n, err := p.Write(t.Context(), sound); err != nil || n != 3*period+7 {
				t.Fatal(n, err)
			}
			c.clock.Advance(6 * period)
			want := make([]byte, len(sound)*3)
			e.Silence(want)
			size := e.Bytes()
			for i := 0; i < len(sound); i += 2 * size {
				for port := range in.All() {
					for k, channel := range m.Channels[port] {
						copy(want[3*i+(channel-1)*size:][:size], sound[i+k*size:])
					}
				}
			}
			if played := c.clock.Played(); bytes.Count(played, want) != 1 {
				t.Errorf("%s: %s: something else is played", e, in.Names(audio.Play))
			} else if rest := len(played) - len(want); silence(e, rest) != string(bytes.Replace(played, want, nil, 1)) {
				t.Errorf("%s: %s: there is more than what was played", e, in.Names(audio.Play))
			}
		}
		p.Abandon()
	}
}

func silence(e audio.Encoding, n int) string {
	block := make([]byte, n)
	e.Silence(block)
	return string(block)
}

// TestD23ChangeOfPlayPortIsARamp: over one period, and only on the ports that change.
func TestD23ChangeOfPlayPortIsARamp(t *testing.T) {
	c := newPortCard(t, quad(), device.Ports{Play: twoPairs()})
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(32000, 20*period))
	c.clock.Advance(2 * period)
	for _, step := range []struct {
		port       string
		left, last [2]int // of the first channel of each port: before, and after the ramp
	}{
		{"headphone", [2]int{32000, 0}, [2]int{0, 32000}},
		{"speaker+headphone", [2]int{0, 32000}, [2]int{32000, 32000}},
		{"speaker", [2]int{32000, 32000}, [2]int{32000, 0}},
	} {
		c.clock.Forget()
		c.set("play.port=" + step.port)
		played := c.clock.Played()
		before := step.left
		for i := range period {
			now := frame(played, 4, i)
			for k := range before {
				v, share := now[2*k], (step.last[k]-step.left[k])/period
				if d := v - before[k]; d < min(share, 0)-2 || d > max(share, 0)+2 || v != now[2*k+1] {
					t.Fatalf("%s: frame %d is %v after %v", step.port, i, now, before)
				}
				before[k] = v
			}
		}
		if before != step.last {
			t.Errorf("%s: the ramp ends at %v, want %v", step.port, before, step.last)
		}
	}
}

// TestD23PortOfASilentDeviceJumps: where nothing is heard, nothing fades.
func TestD23PortOfASilentDeviceJumps(t *testing.T) {
	c := newPortCard(t, quad(), device.Ports{Play: twoPairs(), Record: twoPairs()})
	c.clock.Feed(func(block []byte, _ uint64) {
		for i := 0; i+8 <= len(block); i += 8 {
			copy(block[i:], constant(1000, 1))
			copy(block[i+4:], constant(-2000, 1))
		}
	})
	reader := c.client("mic", pcm.Read)
	if _, err := reader.Poll(1); err != nil {
		t.Fatal(err)
	}
	c.clock.Advance(3 * period)
	reader.Abandon()
	c.clock.Advance(3 * period)
	if c.clock.Running() {
		t.Fatal("the device runs on")
	}
	c.set("play.port=headphone", "record.port=line_in")
	reader = c.client("mic", pcm.Read)
	if _, err := reader.Poll(1); err != nil {
		t.Fatal(err)
	}
	c.clock.Advance(3 * period)
	block := make([]byte, reader.Delay()*4)
	if n, err := reader.Read(t.Context(), block); err != nil || n == 0 || !bytes.Equal(block, constant(-2000, n)) {
		t.Errorf("the other port is heard in %d frames, %v", n, err)
	}
}

// TestD23ControlsWorkThroughPorts: writers are added up, gain, balance and mute are those
// of what the ports have.
func TestD23ControlsWorkThroughPorts(t *testing.T) {
	c := newPortCard(t, quad(), device.Ports{Play: twoPairs()})
	for _, v := range []int16{15500, 10000} {
		c.play(c.client("speaker", pcm.Write), constant(v, 40*period))
	}
	c.clock.Advance(2 * period)
	for _, step := range []struct{ set, want string }{
		{"play.port=speaker", "[25500 25500 0 0]"},
		{"play.port=speaker+headphone", "[25500 25500 25500 25500]"},
		{"play.gain=100", "[10000 10000 10000 10000]"},
		{"play.balance=48", "[5000 10000 5000 10000]"},
		{"play.port=headphone", "[0 0 5000 10000]"},
		{"output_muted=1", "[0 0 0 0]"},
		{"play.port=speaker", "[0 0 0 0]"},
		{"output_muted=0", "[5000 10000 0 0]"},
		{"play.pause=1", "[0 0 0 0]"},
		{"play.pause=0", "[5000 10000 0 0]"},
	} {
		c.set(step.set)
		c.clock.Advance(period)
		if got := c.lastOf(4); got != step.want {
			t.Errorf("%s: %s, want %s", step.set, got, step.want)
		}
	}
	c.engine.Levels()
	c.clock.Advance(period)
	l := c.engine.Levels()
	if n := len(l.Play.Channels); n != 2 || len(l.Record.Channels) != 4 {
		t.Fatalf("the meters have %d and %d channels", n, len(l.Record.Channels))
	}
	for k, v := range []float64{5000, 10000} {
		if got, want := l.Play.Channels[k].Peak, 20*math.Log10(v/32768); math.Abs(got-want) > 0.01 {
			t.Errorf("channel %d has a peak of %.2f dB, want %.2f", k, got, want)
		}
	}
}

// TestD23PortsInInfo: those of the map are available, and each side has its own width,
// whichever is opened first.
func TestD23PortsInInfo(t *testing.T) {
	mono := channelsOf([]int{4}, []int{2})
	mono.Use = audio.PortLineIn
	pair := device.PortMap{Channels: map[audio.Ports][]int{audio.PortHeadphone: {1, 2}, audio.PortLineOut: {3, 4}}}
	c := newPortCard(t, quad(), device.Ports{Play: pair, Record: mono})
	check := func(when string) {
		t.Helper()
		i := c.engine.Info()
		play, record := i.Play, i.Record
		got := fmt.Sprint(play.Format.Channels, play.BufferBytes, play.Port.Names(audio.Play), play.AvailPorts.Names(audio.Play), play.ModPorts == play.AvailPorts,
			" ", record.Format.Channels, record.BufferBytes, record.Port.Names(audio.Record), record.AvailPorts.Names(audio.Record), record.ModPorts == record.AvailPorts)
		want := fmt.Sprint(2, 4*period*4, "headphone", "headphone+line_out", true, " ", 1, 4*period*2, "line_in", "microphone+line_in", true)
		if got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	check("at first")
	for _, name := range []string{"mic", "speaker"} {
		p := c.client(name, map[string]audio.Direction{"mic": pcm.Read, "speaker": pcm.Write}[name])
		check("with a client of " + name)
		p.Abandon()
	}
	for arg, use := range map[string]string{
		"play.port=speaker":           "play.port = speaker: speaker is not available, use one or more of headphone+line_out",
		"play.port=speaker+headphone": "speaker is not available",
		"play.port=none":              "a port must be in use",
		"record.port=cd":              "cd is not available, use one or more of microphone+line_in",
	} {
		if _, err := c.try(arg); !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), use) {
			t.Errorf("%s: %v", arg, err)
		}
	}
	if err := c.engine.Restore(state.Saved(`{"play":{"port":"line_out"},"record":{"port":"cd"}}`)); err == nil {
		t.Error("a port is restored that there is not")
	}
	if i := c.engine.Info(); i.Play.Port != audio.PortLineOut || i.Record.Port != audio.PortLineIn {
		t.Errorf("restored: %s, %s", i.Play.Port.Names(audio.Play), i.Record.Port.Names(audio.Record))
	}
}

// TestPortMapsThatDoNotFit: the caller still owns the stream.
func TestPortMapsThatDoNotFit(t *testing.T) {
	for _, test := range []struct {
		p    device.Ports
		want string
	}{
		{device.Ports{Play: channelsOf([]int{1, 5})}, "channel 5 of play port speaker is out of range; use 1..4"},
		{device.Ports{Record: channelsOf([]int{0})}, "channel 0 of record port microphone is out of range; use 1..4"},
		{device.Ports{Play: channelsOf([]int{1, 2}, []int{2, 3})}, "channel 2 is one of speaker and of headphone; use it once"},
		{device.Ports{Play: channelsOf([]int{1, 2}, []int{3})}, "the play ports do not have equally many channels"},
		{device.Ports{Play: channelsOf([]int{1}, nil)}, "play port headphone has 0 channels; use 1..64"},
		{device.Ports{Record: channelsOf(make([]int, 65))}, "record port microphone has 65 channels; use 1..64"},
		{device.Ports{Play: channelsOf()}, "the device has the play ports none, not none"},
		{device.Ports{Play: device.PortMap{Channels: map[audio.Ports][]int{64: {1}}}}, "0x40 is not a play port"},
		{device.Ports{Play: device.PortMap{Channels: map[audio.Ports][]int{3: {1}}}}, "speaker+headphone is not a play port"},
		{device.Ports{Play: device.PortMap{Use: audio.PortAux1Out}}, "the device has the play ports speaker+headphone+line_out, not aux1_out"},
	} {
		clock := backendtest.NewClock(backend.Config{Play: true, Record: true, Format: quad()})
		e, err := loop.NewEngineWith("card", clock, loop.EngineOptions{Ports: test.p})
		if e != nil || !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), test.want) || clock.Closed() {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
	clock := backendtest.NewClock(backend.Config{Record: true})
	if _, err := loop.NewEngineWith("card", clock, loop.EngineOptions{Ports: device.Ports{Play: channelsOf([]int{1})}}); err == nil || !strings.Contains(err.Error(), "no play side") {
		t.Error(err)
	}
}
