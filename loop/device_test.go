package loop_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample/resampletest"
)

const period = 480

// card is a device whose clock the test cranks, with a loop at each side.
type card struct {
	*testing.T
	clock  *backendtest.Clock
	engine *loop.Engine
	bay    *loop.Patchbay
	*backend.ControlFeed
}

func newCard(t *testing.T, play, record bool) *card {
	t.Helper()
	return newCardOn(t, play, record, nil)
}

// newCardOn has hardware with controls; nil: it has none.
func newCardOn(t *testing.T, play, record bool, hw backend.Controls) *card {
	t.Helper()
	c := &card{T: t, clock: backendtest.NewClock(backend.Config{Play: play, Record: record, Period: period})}
	var s backend.Stream = c.clock
	if hw != nil {
		s = c.control(s, hw)
	}
	c.serve(s)
	t.Cleanup(func() {
		c.bay.Close()
		if err := c.engine.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, side := range map[string]audio.Direction{"speaker": audio.Play, "mic": audio.Record} {
		err := c.bay.Add(loop.Spec{Name: name, Attached: side}, c.engine)
		if has := side == audio.Play && play || side == audio.Record && record; (err == nil) != has {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return c
}

// controlled is a stream of hardware whose controls a test turns.
type controlled struct {
	backend.Stream
	*backend.ControlFeed
	hw backend.Controls
}

func (c controlled) Unwrap() backend.Stream     { return c.Stream }
func (c controlled) Controls() backend.Controls { return c.hw }

func (c controlled) Close() error {
	c.ControlFeed.Close()
	return c.Stream.Close()
}

// control gives a stream controls.
func (c *card) control(s backend.Stream, hw backend.Controls) backend.Stream {
	c.ControlFeed = backend.NewControlFeed()
	return controlled{s, c.ControlFeed, hw}
}

// serve makes it the device of a patchbay.
func (c *card) serve(s backend.Stream) {
	c.Helper()
	c.engine, c.bay = loop.NewEngine("card", s), loop.NewPatchbay()
	if err := c.bay.AddDevice(c.engine); err != nil {
		c.Fatal(err)
	}
}

// changed makes the device read the controls again, and returns the changes that the event tells.
// It needs a synctest bubble.
func (c *card) changed(replaced bool) (changes []state.Change) {
	c.Helper()
	events := c.bay.Subscribe(10)
	c.Tell(backend.ControlChange{Replaced: replaced})
	synctest.Wait()
	events.Cancel()
	for ev := range events.C {
		switch {
		case ev.Kind != event.Set:
		case ev.Device != "card" || len(ev.Changes) == 0:
			c.Errorf("told %+v", ev)
		default:
			changes = append(changes, ev.Changes...)
		}
	}
	return changes
}

// set is a set that has to work, and one cycle, over which levels change.
func (c *card) set(args ...string) state.Reply {
	c.Helper()
	reply, err := c.try(args...)
	if err != nil {
		c.Fatal(err)
	}
	c.clock.Advance(period)
	return reply
}

func (c *card) try(args ...string) (state.Reply, error) {
	c.Helper()
	p, err := state.ParsePatch(args...)
	if err != nil {
		c.Fatal(err)
	}
	return c.engine.Set(p)
}

// client opens a loop of the card.
func (c *card) client(name string, d audio.Direction) *pcm.PCM {
	c.Helper()
	p, err := c.bay.Open(c.Context(), name, pcm.Options{Role: pcm.Client, Direction: d, Buffer: 40 * period})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(p.Abandon)
	return p
}

// play writes frames of S16_LE, which have to fit.
func (c *card) play(p *pcm.PCM, sound []byte) {
	c.Helper()
	if n, err := p.Write(c.Context(), sound); err != nil || n != len(sound)/4 {
		c.Fatal(n, err)
	}
}

// constant is a level on both channels.
func constant(v int16, frames int) []byte {
	sound := make([]byte, 0, 4*frames)
	for range 2 * frames {
		sound = binary.LittleEndian.AppendUint16(sound, uint16(v))
	}
	return sound
}

// last is the last frame that was played.
func (c *card) last() (left, right int16) {
	played := c.clock.Played()
	frame := played[len(played)-4:]
	return int16(binary.LittleEndian.Uint16(frame)), int16(binary.LittleEndian.Uint16(frame[2:]))
}

// level is the gain in dB of a tone in what was played, against the tone of
// resampletest.Amplitude.
func (c *card) level(hertz float64) float64 {
	played := c.clock.Played()
	samples := make([]float32, len(played)/2)
	audio.S16LE.Decode(samples, played)
	return resampletest.FitTone(samples[len(samples)-2*9600:], hertz/48000).Gain // whole periods of 100 Hz
}

// feed makes the device record a tone.
func (c *card) feed(hertz, amplitude float64) {
	c.clock.Feed(func(block []byte, first uint64) {
		for i := 0; i < len(block); i += 4 {
			v := int16(math.RoundToEven(32767 * amplitude * math.Sin(2*math.Pi*hertz/48000*float64(first+uint64(i/4)))))
			binary.LittleEndian.PutUint16(block[i:], uint16(v))
			binary.LittleEndian.PutUint16(block[i+2:], uint16(v))
		}
	})
}

func TestD20MonitorIsHeardWhoeverPlays(t *testing.T) {
	c := newCard(t, true, true)
	c.feed(1000, 0.5)
	half := 20 * math.Log10(0.5/resampletest.Amplitude)
	for _, gain := range []int{255, 128, 31, 1} {
		c.set(fmt.Sprintf("monitor_gain=%d", gain))
		c.clock.Advance(50 * period)
		want := half + mixer.Decibels(gain)
		tolerance := 0.01
		if gain == 1 {
			tolerance = 0.5 // 64 steps of 16 bits
		}
		if got := c.level(1000); math.Abs(got-want) > tolerance {
			t.Errorf("monitor_gain %d: %+.3f dB, want %+.3f", gain, got, want)
		}
	}
	// While a client plays another tone.
	c.set("monitor_gain=100")
	p := c.client("speaker", pcm.Write)
	sound := make([]byte, 40*period*4)
	tone := resampletest.Tone(3000.0/48000, 40*period)
	for i := range tone {
		tone[i] = tone[i/2*2] / 4
	}
	audio.S16LE.Encode(sound, tone, nil)
	c.play(p, sound)
	c.clock.Advance(30 * period)
	if got, want := c.level(1000), half+mixer.Decibels(100); math.Abs(got-want) > 0.01 {
		t.Errorf("beside a client: %+.3f dB, want %+.3f", got, want)
	}
	if got, want := c.level(3000), -20*math.Log10(4); math.Abs(got-want) > 0.01 {
		t.Errorf("the client: %+.3f dB, want %+.3f", got, want)
	}
	c.set("monitor_gain=0")
	p.Abandon()
	c.clock.Advance(50 * period)
	if c.clock.Running() {
		t.Error("the device runs although there is nothing to do")
	}
}

func TestD20Edge57MonitorSaturates(t *testing.T) {
	c := newCard(t, true, true)
	c.clock.Feed(func(block []byte, _ uint64) { copy(block, constant(30000, len(block)/4)) })
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(30000, 10*period))
	c.set("monitor_gain=255")
	c.clock.Advance(3 * period)
	if l, r := c.last(); l != 32767 || r != 32767 {
		t.Errorf("%d %d", l, r)
	}
}

func TestD19Edge55BalanceByMeasuredLevels(t *testing.T) {
	c := newCard(t, true, false)
	p := c.client("speaker", pcm.Write)
	for _, gain := range []int{0, 1, 127, 254, 255} {
		for _, balance := range []int{0, 1, 16, 31, 32, 33, 48, 63, 64} {
			c.play(p, constant(25500, 3*period))
			c.set(fmt.Sprintf("play.gain=%d", gain), fmt.Sprintf("play.balance=%d", balance))
			c.clock.Advance(period)
			left, right := gain, gain
			if balance > 32 {
				left = gain * (64 - balance) >> 5
			}
			if balance < 32 {
				right = gain * balance >> 5
			}
			if l, r := c.last(); int(l) != left*100 || int(r) != right*100 {
				t.Errorf("gain %d, balance %d: %d %d, want %d %d", gain, balance, l, r, left*100, right*100)
			}
			c.clock.Advance(period)
		}
	}
}

func TestD20Edge58Mute(t *testing.T) {
	c := newCard(t, true, true)
	c.clock.Feed(func(block []byte, _ uint64) { copy(block, constant(1000, len(block)/4)) })
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(2000, 20*period))
	c.set("monitor_gain=255", "play.gain=128")
	c.set("output_muted=1")
	before := c.engine.Info()
	c.clock.Advance(3 * period)
	if l, r := c.last(); l != 0 || r != 0 {
		t.Errorf("muted, and %d %d is played", l, r)
	}
	after := c.engine.Info()
	if after.Play.Samples-before.Play.Samples != 3*period || after.Play.Gain != 128 || !after.OutputMuted {
		t.Errorf("%+v", after)
	}
	c.set("output_muted=0", "play.gain=255")
	c.clock.Advance(period)
	if l, _ := c.last(); l != 3000 {
		t.Errorf("%d", l)
	}
}

func TestD19RampsOverOnePeriod(t *testing.T) {
	c := newCard(t, true, false)
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(32000, 10*period))
	c.clock.Advance(2 * period)
	c.clock.Forget()
	c.set("play.gain=0")
	played := c.clock.Played()
	before := 32000
	for i := range period {
		v := int(int16(binary.LittleEndian.Uint16(played[i*4:])))
		if v > before || before-v > 32000/period+2 {
			t.Fatalf("frame %d is %d after %d", i, v, before)
		}
		before = v
	}
	if before != 0 {
		t.Errorf("the ramp ends at %d", before)
	}
}

func TestRecordGain(t *testing.T) {
	c := newCard(t, false, true)
	c.clock.Feed(func(block []byte, _ uint64) { copy(block, constant(25500, len(block)/4)) })
	p := c.client("mic", pcm.Read)
	if _, err := p.Poll(1); err != nil {
		t.Fatal(err)
	}
	c.set("record.gain=100", "record.balance=48")
	c.clock.Advance(2 * period)
	block := make([]byte, p.Delay()*4)
	if _, err := p.Read(t.Context(), block); err != nil {
		t.Fatal(err)
	}
	frame := block[len(block)-4:]
	if l, r := binary.LittleEndian.Uint16(frame), binary.LittleEndian.Uint16(frame[2:]); l != 5000 || r != 10000 {
		t.Errorf("%d %d", l, r)
	}
}

func TestD22Edge49PauseLosesNoFrame(t *testing.T) {
	c := newCard(t, true, false)
	p := c.client("speaker", pcm.Write)
	sound := make([]byte, 10*period*4)
	counter := backendtest.NewCounter(audio.DefaultFormat())
	counter.Fill(sound, 1)
	c.play(p, sound)
	c.clock.Advance(3 * period)
	c.set("play.pause=1")
	paused := c.engine.Info()
	if !paused.Play.Pause || paused.Play.Active {
		t.Errorf("%+v", paused.Play)
	}
	c.clock.Advance(5 * period)
	if now := c.engine.Info(); now.Play.Samples != paused.Play.Samples || now.Play.Error {
		t.Errorf("%+v, before %+v", now.Play, paused.Play)
	}
	c.set("play.pause=0")
	c.clock.Advance(10 * period)
	frames, expect := 0, uint64(1)
	played := c.clock.Played()
	for i := 0; i+4 <= len(played); i += 4 {
		if binary.LittleEndian.Uint32(played[i:]) == 0 {
			continue
		}
		if _, err := counter.Check(played[i:i+4], expect); err != nil {
			t.Fatal(err)
		}
		expect++
		frames++
	}
	if frames != 10*period {
		t.Errorf("%d frames were played", frames)
	}
}

func TestD21Edge37Edge46ErrorIsStickyAndResetOnce(t *testing.T) {
	c := newCard(t, true, false)
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(1, 2*period))
	c.clock.Advance(5 * period) // it runs dry
	if i := c.engine.Info(); !i.Play.Error || i.Play.Active {
		t.Errorf("%+v", i.Play)
	}
	c.play(p, constant(1, 4*period))
	c.clock.Advance(2 * period)
	if i := c.engine.Info(); !i.Play.Error || !i.Play.Active {
		t.Errorf("with new sound: %+v", i.Play)
	}
	reply := c.set("play.error=0")
	if !reply.Info.Play.Error || c.engine.Info().Play.Error {
		t.Error("the first does not give the old error, or does not reset it")
	}
	if reply = c.set("play.error=0"); reply.Info.Play.Error {
		t.Error("the second gives it again")
	}
}

func TestD18Edge38SamplesAreReadAndReset(t *testing.T) {
	c := newCard(t, true, true)
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(1, 20*period))
	c.clock.Advance(5 * period)
	reply := c.set("play.samples=0", "record.samples=7")
	if reply.Info.Play.Samples != 5*period || c.engine.Info().Play.Samples != period {
		t.Errorf("%d, then %d", reply.Info.Play.Samples, c.engine.Info().Play.Samples)
	}
	c.set("play.samples=4294967295")
	c.clock.Advance(period)
	if got := c.engine.Info().Play.Samples; got != 2*period-1 { // E60: it wraps
		t.Errorf("%d", got)
	}
	p.Abandon()
	c.clock.Advance(25 * period)
	for deadline := time.Now().Add(5 * time.Minute); c.engine.Info().RefCount > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if i := c.engine.Info(); i.Play.Open || i.RefCount != 0 {
		t.Errorf("%+v", i)
	}
	c.client("speaker", pcm.Write)
	if i := c.engine.Info(); !i.Play.Open || i.Play.Samples != 0 || i.RefCount != 1 {
		t.Errorf("%+v", i)
	}
}

func TestD18Edge35OneBadFieldRefusesAll(t *testing.T) {
	c := newCard(t, true, false)
	before := c.engine.Info()
	for _, args := range [][]string{
		{"play.gain=7", "play.port=0x100"}, {"play.gain=7", "monitor_gain=1"}, {"play.gain=7", "play.sample_rate=8000"},
	} {
		if _, err := c.try(args...); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if c.engine.Info() != before {
		t.Errorf("%+v", c.engine.Info())
	}
	if reply := c.set("play.port=headphone+line_out"); reply.Info.Play.Port != audio.PortHeadphone|audio.PortLineOut { // D23
		t.Error(reply.Info.Play.Port)
	}
}

// TestSetsDoNotCostAFrame: 10 000 sets while frames move.
func TestSetsDoNotCostAFrame(t *testing.T) {
	c := newCard(t, true, false)
	p := c.client("speaker", pcm.Write)
	for i := range 100 {
		c.play(p, constant(100, period))
		for k := range 100 {
			if _, err := c.try(fmt.Sprintf("play.gain=%d", (i+k)%256)); err != nil {
				t.Fatal(err)
			}
		}
		c.clock.Advance(period)
	}
	if bursts, frames := p.Xruns(); bursts != 0 || frames != 0 {
		t.Errorf("%d frames in %d bursts", frames, bursts)
	}
}
