package record_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/record"
)

const (
	rate   = 8000
	period = rate / 100
)

// world is a device with a cranked clock, the loop "cable" on it, and a board of recorders, in virtual time.
type world struct {
	*testing.T
	bay    *loop.Patchbay
	clock  *backendtest.Clock
	engine *loop.Engine
	board  *record.Board
	disk   *disk
	dir    string
	f      audio.Format
	events *event.Subscription
	player *pcm.PCM
	gone   chan struct{}
	others []func() // end processes before this one
}

// inWorld runs a test with a loop of an encoding.
func inWorld(t *testing.T, e audio.Encoding, f func(w *world)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, e)
		defer w.close()
		f(w)
	})
}

func newWorld(t *testing.T, dir string, e audio.Encoding) *world {
	card := audio.Format{Rate: rate, Channels: 2, Encoding: audio.S24LE3}
	clock := backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period, Format: card})
	clock.Feed(backendtest.NewCounter(card).Fill)
	w := &world{T: t, bay: loop.NewPatchbay(), clock: clock, engine: loop.NewEngine("main", clock), dir: dir, disk: newDisk(),
		f: audio.Format{Rate: rate, Channels: 2, Encoding: e}}
	w.events = w.bay.Subscribe(10000)
	if err := w.bay.AddDevice(w.engine); err != nil {
		t.Fatal(err)
	}
	if err := w.bay.Add(loop.Spec{Name: "cable", Format: w.f}, w.engine); err != nil {
		t.Fatal(err)
	}
	w.board = record.NewBoard(w.bay, w.disk)
	return w
}

func (w *world) close() {
	w.stop()
	w.board.Close()
	w.bay.Close()
	w.engine.Close()
	for _, end := range w.others {
		end()
	}
}

// spec returns a recorder of the client end of "cable".
func (w *world) spec(kind record.Format) record.Spec {
	return record.Spec{Name: "tape", Of: "cable", Path: filepath.Join(w.dir, "{name}-{n}."+kind.String()), Format: kind}
}

func (w *world) add(s record.Spec) *record.Recorder {
	w.Helper()
	r, err := w.board.Add(s)
	if err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
	return r
}

// play lets a server play the frames of a counter, from a number on.
func (w *world) play(first uint64) {
	w.Helper()
	p, err := w.bay.Open(w.Context(), "cable", pcm.Options{Role: pcm.Server, Direction: pcm.Write, Format: w.f, Buffer: 20 * period})
	if err != nil {
		w.Fatal(err)
	}
	c, gone := backendtest.NewCounter(w.f), make(chan struct{})
	w.player, w.gone = p, gone
	go func() {
		defer close(gone)
		block := make([]byte, period*w.f.FrameBytes())
		for at := first; ; at += period {
			c.Fill(block, at)
			if _, err := p.Write(context.Background(), block); err != nil {
				return
			}
		}
	}()
	synctest.Wait()
}

// stop ends what play began.
func (w *world) stop() {
	if w.player != nil {
		w.player.Abandon()
		<-w.gone
		w.player = nil
	}
	synctest.Wait()
}

// run lets time pass for the clock and all others.
func (w *world) run(d time.Duration) {
	for range d / (10 * time.Millisecond) {
		w.clock.Advance(period)
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
	}
}

// files returns the segments of an extension, by name.
func (w *world) files(kind record.Format) []string {
	all, err := filepath.Glob(filepath.Join(w.dir, "*."+kind.String()))
	if err != nil {
		w.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// sound returns the frames of a WAV file.
func (w *world) sound(name string) []byte {
	w.Helper()
	if filepath.Ext(name) == ".flac" {
		return w.decoded(name)
	}
	f, err := os.Open(name)
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close()
	r, err := wav.NewReader(f)
	if err != nil {
		w.Fatalf("%s: %v", name, err)
	}
	var all []byte
	block := make([]byte, 1000*r.Format().FrameBytes())
	for {
		n, err := r.ReadFrames(block)
		all = append(all, block[:n*r.Format().FrameBytes()]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			w.Fatalf("%s: %v", name, err)
		}
	}
}

// joined returns the frames of all segments one after the other.
func (w *world) joined(kind record.Format) (all []byte) {
	w.Helper()
	for _, name := range w.files(kind) {
		all = append(all, w.sound(name)...)
	}
	return all
}

// counts fails unless sound is frames of the counter from a number on, at least so many, and returns how many.
func (w *world) counts(sound []byte, first uint64, least int) int {
	w.Helper()
	if bad, err := backendtest.NewCounter(w.f).Check(sound, first); err != nil {
		w.Errorf("frame %d of %d: %v", bad, len(sound)/w.f.FrameBytes(), err)
	}
	n := len(sound) / w.f.FrameBytes()
	if n < least {
		w.Errorf("%d frames, want %d", n, least)
	}
	return n
}

// first returns the number in the first frame.
func (w *world) first(sound []byte) uint64 {
	if len(sound) == 0 {
		w.Fatal("no sound")
	}
	return backendtest.NewCounter(w.f).Number(sound)
}

// is fails unless a recorder is in a state.
func (w *world) is(r *record.Recorder, want record.State) record.Status {
	w.Helper()
	s := r.Status()
	if s.State != want {
		w.Errorf("%s, want %s (%v)", s.State, want, s.Error)
	}
	return s
}

// told returns the notes of all events of recorders so far that have a text in them.
func (w *world) told(text string) (all []string) {
	for {
		select {
		case ev := <-w.events.C:
			if ev.Kind == event.Recorder && strings.Contains(ev.Note, text) {
				all = append(all, ev.Note)
			}
		default:
			return all
		}
	}
}

func num(n uint64) string { return strconv.FormatUint(n, 10) }
