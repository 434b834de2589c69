package hwtest_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// tape is a recording that grows, of two channels of S16_LE.
type tape struct {
	b      *bench
	file   string
	header int64 // bytes
	rate   int
}

// tape is what QEMU writes of an ear.
func (b *bench) tape(ear plan.Ear) tape {
	return tape{b, filepath.Join(plan.Share, ear.File), 44, ear.Rate}
}

func (t tape) frames() int64 {
	info, err := os.Stat(t.file)
	if err != nil {
		return 0 // nothing has sounded yet
	}
	return max(0, (info.Size()-t.header)/4)
}

// read reads n frames.
func (t tape) read(from, n int64) []byte {
	t.b.Helper()
	pcm := make([]byte, 4*n)
	f, err := os.Open(t.file)
	if err == nil {
		_, err = f.ReadAt(pcm, t.header+4*from)
		f.Close()
	}
	if err != nil {
		t.b.Fatalf("the recording: %v", err)
	}
	return pcm
}

// levels of the tone, by channel, in dB against what is played: 0 is as loud. It is a
// sixteenth of a second that counts, after the buffers have played what is older than now.
func (t tape) levels() (dB [2]float64) {
	t.b.Helper()
	const buffers = 3*1024 + pause // of the daemon, and of the emulation
	from, n := t.frames()+buffers, int64(t.rate/16)
	t.b.until("the card plays on", func() bool { return t.frames() >= from+n })
	s := hear.Sound{Format: hear.CountFormat(t.rate), PCM: t.read(from, n)}
	for c := range dB {
		x := s.Channel(c)
		if dB[c] = hear.Level(x); dB[c] > quiet {
			tone := hear.FitTone(x, t.rate)
			dB[c] = tone.Level
			if math.Abs(tone.Hertz-toneHertz) > 0.5 {
				t.b.Errorf("a tone of %.2f Hz is heard, want %d", tone.Hertz, toneHertz)
			}
		}
		dB[c] -= 20 * math.Log10(toneAmplitude)
	}
	return dB
}

// near reports whether levels are as they should be, within 0.1 dB; silence is -Inf.
func near(got, want [2]float64) bool {
	for c := range got {
		silent := got[c] < quiet-20*math.Log10(toneAmplitude)
		if math.IsInf(want[c], -1) != silent || !silent && math.Abs(got[c]-want[c]) > 0.1 {
			return false
		}
	}
	return true
}

// both is a level on both channels.
func both(dB float64) [2]float64 { return [2]float64{dB, dB} }

// decibel is a level as a person reads it, that of the left alone if the right is equal.
func decibel(dB [2]float64) string {
	one := func(l float64) string {
		if l < quiet-20*math.Log10(toneAmplitude) {
			return "silence"
		}
		return fmt.Sprintf("%.2f dB", math.Round(100*l)/100+0) // no -0.00
	}
	if left, right := one(dB[0]), one(dB[1]); left != right {
		return left + "/" + right
	}
	return one(dB[0])
}

// plays lets a program of the daemon play a tone until stop is called. It returns when the
// card sounds: an emulated codec forgets its volume when a stream begins.
func (d *daemon) plays(t tape) (stop func()) {
	d.b.Helper()
	before := t.frames()
	stop = d.b.feed(d.program("play", "--raw", "-r", fmt.Sprint(t.rate), "-c", "2", "-f", "S16_LE", "speaker"), t.rate)
	d.until("sounds", func() bool { return t.frames() > before })
	return stop
}

// feed gives a program a tone to play, until stop is called, which kills it.
func (b *bench) feed(player *exec.Cmd, rate int) (stop func()) {
	b.Helper()
	p := b.pour(player, rate)
	return sync.OnceFunc(func() {
		player.Process.Kill()
		player.Wait()
		<-p.fed
		if p.said.Len() > 0 {
			b.Errorf("the player: %s", p.said.Bytes())
		}
	})
}

// pouring is a tone on its way into a program.
type pouring struct {
	b           *bench
	player      *exec.Cmd
	said        bytes.Buffer
	enough, fed chan struct{}
}

// pour starts a program and gives it a tone until end, or until it ends by itself.
func (b *bench) pour(player *exec.Cmd, rate int) *pouring {
	b.Helper()
	p := &pouring{b: b, player: player, enough: make(chan struct{}), fed: make(chan struct{})}
	player.Stderr = &p.said
	in, err := player.StdinPipe()
	if err == nil {
		err = player.Start()
	}
	if err != nil {
		b.Fatalf("%v", err)
	}
	go func() {
		defer close(p.fed)
		defer in.Close()
		second := hear.Sine(hear.CountFormat(rate), toneHertz, toneAmplitude, rate) // a whole number of periods
		for {
			select {
			case <-p.enough:
				return
			default:
			}
			if _, err := in.Write(second); err != nil {
				return // it was stopped, or says why not
			}
		}
	}()
	return p
}

// end is the end of the tone: the program has nothing to say and succeeds.
func (p *pouring) end() {
	p.b.Helper()
	close(p.enough)
	<-p.fed
	if err := p.player.Wait(); err != nil || p.said.Len() > 0 {
		p.b.Errorf("the player: %v %s", err, p.said.Bytes())
	}
}

// info is the state of the device.
func (d *daemon) info() state.Info {
	d.b.Helper()
	s, err := d.control.State(d.b.Context(), "main")
	if err != nil {
		d.b.Fatalf("%v", err)
	}
	return s.Info
}

// set sets fields of the device, as a person does.
func (d *daemon) set(fields ...string) {
	d.b.Helper()
	if said, err := d.program(slices.Concat([]string{"set", "main"}, fields)...).CombinedOutput(); err != nil {
		d.b.Fatalf("loopbridge set main %s: %v\n%s", fields, err, said)
	}
}

// events are what the daemon tells of.
type events struct {
	mu  sync.Mutex
	all []api.Event
}

// events listens from now on, until the daemon ends.
func (d *daemon) events() *events {
	d.b.Helper()
	e := new(events)
	go d.control.Events(d.b.Context(), func(event api.Event) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.all = append(e.all, event)
	})
	balance := 31
	d.until("tells of a set", func() bool { // when it does, the line to it stands
		d.set(fmt.Sprintf("play.balance=%d", balance))
		balance ^= 1
		return e.of("play.balance") != ""
	})
	d.set("play.balance=32")
	return e
}

// of is the newest value that the device was told to have of a field, or nothing.
func (e *events) of(field string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range slices.Backward(e.all) {
		for _, c := range event.Changes {
			if event.Device == "main" && c.Field == field {
				return string(c.New)
			}
		}
	}
	return ""
}
