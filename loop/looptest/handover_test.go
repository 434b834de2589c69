package looptest_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/resample"
)

// program is what lies beyond an end: its memory and bell outlast a process.
type program struct {
	name string
	mem  []byte
	bell chan struct{}
	end  *loop.End // in the present process
	ring *ring.Ring
	next uint64 // frame to write
	got  []byte
}

func (p *program) Memory(n int) ([]byte, error) { p.mem = ring.Memory(n); return p.mem, nil }
func (p *program) Free([]byte)                  {}
func (p *program) Disconnect(error)             {}
func (p *program) Ring() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}
func (p *program) HandOver(*ring.Ring) loop.HostState {
	return loop.HostState{Kind: "test", Name: p.name}
}

// town is a daemon with programs, which may move to another process.
type town struct {
	*testing.T
	specs    []loop.Spec
	clock    *backendtest.Clock
	bay      *loop.Patchbay
	programs map[string]*program
	order    []string
	gone     []func()
}

func newTown(t *testing.T, specs ...loop.Spec) *town {
	w := &town{T: t, specs: specs, programs: map[string]*program{}}
	w.clock = backendtest.NewClock(backend.Config{Play: true, Record: true, Period: 480, Periods: 4})
	frames := backendtest.NewCounter(w.clock.Granted().Format)
	w.clock.Feed(frames.Fill)
	w.bay = loop.NewPatchbay()
	w.add(loop.NewEngine("card", w.clock))
	return w
}

func (w *town) add(e *loop.Engine) {
	w.ok(w.bay.AddDevice(e))
	for _, s := range w.specs {
		w.ok(w.bay.Add(s, e))
	}
}

func (w *town) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// open opens an end for a program without blocking.
func (w *town) open(name, at string, o pcm.Options) *program {
	p := &program{name: name, bell: make(chan struct{}, 1)}
	o.Holder = pcm.Holder{PID: 100 + len(w.order), Program: name}
	var err error
	p.end, err = w.bay.Attach(w.Context(), at, o, p)
	w.ok(err)
	p.ring = p.end.Grant().Ring
	w.ok(p.end.Start())
	w.programs[name] = p
	w.order = append(w.order, name)
	return p
}

// step lets all programs move what they can, and time pass by frames of the device.
func (w *town) step(frames int) {
	for _, name := range w.order {
		p := w.programs[name]
		spec := p.ring.Spec()
		if !spec.Playback || p.end == nil {
			continue
		}
		to := ring.Writer{Ring: p.ring}
		block := make([]byte, to.Room()*spec.Format.FrameBytes())
		backendtest.NewCounter(spec.Format).Fill(block, p.next)
		p.next += uint64(to.Write(block))
	}
	for ; frames > 0; frames -= 100 {
		w.clock.Advance(min(frames, 100))
		synctest.Wait() // for the reporter
	}
	for _, name := range w.order {
		p := w.programs[name]
		spec := p.ring.Spec()
		if spec.Playback || p.end == nil {
			continue
		}
		from := ring.Reader{Ring: p.ring}
		block := make([]byte, from.Avail()*spec.Format.FrameBytes())
		n := from.Read(block)
		p.got = append(p.got, block[:n*spec.Format.FrameBytes()]...)
	}
}

// leave ends a program as if it had been killed.
func (w *town) leave(name string) {
	w.programs[name].end.Abandon()
	w.programs[name].end = nil
}

// handOver moves the daemon to another process. What stays of the old one stands still until the end of the test.
func (w *town) handOver() {
	w.Helper()
	old, err := w.bay.Device("card")
	w.ok(err)
	frozen := w.bay.Freeze()
	w.gone = append(w.gone, func() {
		frozen.Thaw()
		w.ok(old.Close())
	})
	before, err := frozen.State()
	w.ok(err)
	var text bytes.Buffer
	w.ok(gob.NewEncoder(&text).Encode(before))
	var s loop.State
	w.ok(gob.NewDecoder(&text).Decode(&s))

	stream, err := w.clock.Resume(s.Devices[0].Stream)
	w.ok(err)
	var serves atomic.Bool
	e, err := loop.ResumeEngine("card", stream, loop.EngineOptions{Thread: func() { serves.Store(true) }}, &s.Devices[0])
	w.ok(err)
	w.bay = loop.NewPatchbay()
	w.add(e)
	hosts := map[int]*program{}
	ends, err := w.bay.Resume(&s, func(v *loop.EndState, _ int) (loop.Host, []byte, error) {
		p := w.programs[v.Host.Name]
		hosts[v.ID] = p
		return p, p.mem, nil
	})
	w.ok(err)
	for id, p := range hosts {
		if p.end != nil {
			p.end = ends[id]
		}
	}
	if w.bay.Run(); !serves.Load() {
		w.Error("Run has returned before the engine serves its device")
	}
	synctest.Wait()
}

// summary is what a person can see of a town.
type summary struct {
	Loops  []loop.Status
	Device state.Info
	Got    map[string][]byte
}

func (w *town) summary() summary {
	s := summary{Got: map[string][]byte{}}
	s.Loops = w.bay.Status()
	d, err := w.bay.Device("card")
	w.ok(err)
	s.Device = d.Info()
	for name, p := range w.programs {
		s.Got[name] = p.got
	}
	return s
}

// TestHandover runs a busy town twice, once in one process, once in many: both have to be alike to the last bit.
func TestHandover(t *testing.T) {
	cd := audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S16LE}
	mono := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.FloatLE}
	specs := []loop.Spec{
		{Name: "plain"}, {Name: "converted", Convert: convertOptions()}, {Name: "shared", Clients: loop.Shared},
		{Name: "silence", OnClientClose: loop.Silence}, {Name: "hold", OnClientClose: loop.Hold},
		{Name: "speaker", Attached: audio.Play}, {Name: "mic", Attached: audio.Record},
	}
	type act struct {
		at int
		do func(w *town)
	}
	server := func(d audio.Direction) pcm.Options { return pcm.Options{Role: pcm.Server, Direction: d} }
	client := func(d audio.Direction, f audio.Format) pcm.Options {
		return pcm.Options{Role: pcm.Client, Direction: d, Format: f}
	}
	set := func(name, patch string) func(w *town) {
		return func(w *town) {
			s, err := w.bay.Find(name)
			w.ok(err)
			p, err := state.ParsePatch(patch)
			w.ok(err)
			_, err = s.Set(p)
			w.ok(err)
		}
	}
	acts := []act{
		{0, func(w *town) {
			w.open("a", "plain", server(pcm.Read))
			w.open("b", "plain", client(pcm.Write, audio.Format{}))
			w.open("c", "converted", server(pcm.Write))
			w.open("d", "converted", client(pcm.Read, cd))
			w.open("e", "shared", server(pcm.Read))
			w.open("f", "shared", client(pcm.Write, cd))
			w.open("g", "shared", client(pcm.Write, mono))
			w.open("h", "speaker", client(pcm.Write, audio.Format{}))
			w.open("i", "speaker", client(pcm.Write, cd))
			w.open("j", "mic", client(pcm.Read, mono))
			w.open("k", "silence", server(pcm.Read))
			w.open("l", "silence", client(pcm.Write, cd))
			w.open("m", "hold", server(pcm.Read))
			w.open("n", "plain/heard", client(pcm.Read, audio.Format{}))
			w.open("o", "shared/mix", client(pcm.Read, cd))
			w.open("p", "card/heard", client(pcm.Read, audio.Format{}))
		}},
		{5, set("converted", "record.gain=100")},
		{9, set("card", "monitor_gain=200")},
		{12, func(w *town) { w.ok(w.programs["b"].end.Pause(w.Context(), true)) }},
		{14, set("speaker", "play.balance=10")},
		{16, func(w *town) { w.ok(w.programs["b"].end.Pause(w.Context(), false)) }},
		{18, func(w *town) { w.leave("l") }},
		{20, func(w *town) { w.open("q", "hold", client(pcm.Write, cd)) }},
		{24, func(w *town) { w.leave("q") }},
		{26, func(w *town) { w.leave("c") }},
		{48, func(w *town) { w.open("r", "silence", client(pcm.Write, mono)) }},
		{30, func(w *town) { w.leave("g") }},
	}
	run := func(t *testing.T, every int, move func(*town)) (seen summary) {
		synctest.Test(t, func(t *testing.T) {
			w := newTown(t, specs...)
			for n := range 64 {
				for _, a := range acts {
					if a.at == n {
						a.do(w)
						synctest.Wait()
					}
				}
				if n%every == every-1 {
					move(w)
					synctest.Wait()
				}
				w.step(200 + 173*n%1500)
			}
			seen = w.summary()
			d, err := w.bay.Device("card")
			w.ok(err)
			w.bay.Close()
			w.ok(d.Close())
			for _, end := range w.gone {
				end()
			}
		})
		return seen
	}
	for _, every := range []int{1, 2, 3, 7} {
		t.Run(fmt.Sprintf("every %d", every), func(t *testing.T) {
			twin := run(t, every, func(w *town) { w.bay.Freeze().Thaw() })
			if len(twin.Got["a"]) < 48000 {
				t.Fatalf("the twin moved %d bytes only", len(twin.Got["a"]))
			}
			got := run(t, every, (*town).handOver)
			for name, bytes := range twin.Got {
				if at := differ(got.Got[name], bytes); at >= 0 {
					t.Errorf("%s read %d bytes, its twin %d: they differ at %d", name, len(got.Got[name]), len(bytes), at)
				}
			}
			for i, l := range twin.Loops {
				if !reflect.DeepEqual(got.Loops[i], l) {
					t.Errorf("loop\n%+v\ntwin\n%+v", got.Loops[i], l)
				}
			}
			if got.Device != twin.Device {
				t.Errorf("the device is\n%+v, its twin\n%+v", got.Device, twin.Device)
			}
		})
	}
}

// differ returns where a and b differ, or -1.
func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) == len(b) {
		return -1
	}
	return min(len(a), len(b))
}

func convertOptions() (o convert.Options) {
	o.Quality, o.Dither = resample.Good, true
	return o
}
