package record_test

import (
	"bytes"
	"encoding/gob"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/record"
)

// handOver moves all but the clock to another process. The old one ends; what its disk is asked then comes to nothing.
func (w *world) handOver(specs ...record.Spec) {
	w.Helper()
	w.board.Suspend()
	var saved bytes.Buffer
	w.ok(w.board.Save(&saved))
	w.run(100 * time.Millisecond) // meanwhile more comes
	hold := w.board.Hold()
	frozen := w.bay.Freeze()
	loops, err := frozen.State()
	w.ok(err)
	type handed struct {
		Bay       loop.State
		Recorders []record.Handed
		Triggers  []string
	}
	h := handed{Bay: *loops}
	h.Recorders, h.Triggers = w.board.HandOver()
	var text bytes.Buffer
	w.ok(gob.NewEncoder(&text).Encode(h))
	h = handed{}
	w.ok(gob.NewDecoder(&text).Decode(&h))

	oldBoard, oldBay, oldEngine := w.board, w.bay, w.engine
	w.bay = loop.NewPatchbay()
	old := w.disk
	w.disk = newDisk()
	w.board = record.NewBoard(w.bay, w.disk)
	s, err := w.clock.Resume(h.Bay.Devices[0].Stream)
	w.ok(err)
	w.engine, err = loop.ResumeEngine("main", s, loop.EngineOptions{}, &h.Bay.Devices[0])
	w.ok(err)
	w.ok(w.bay.AddDevice(w.engine))
	w.ok(w.bay.Add(loop.Spec{Name: "cable", Format: w.f}, w.engine))
	recorders := w.board.Resume(h.Triggers, bytes.NewReader(saved.Bytes()))
	ends, err := w.bay.Resume(&h.Bay, recorders.Host)
	w.ok(err)
	for _, spec := range specs {
		at := slices.IndexFunc(h.Recorders, func(r record.Handed) bool { return r.Name == spec.Name })
		w.ok(recorders.Add(spec, &h.Recorders[at], ends))
	}
	w.bay.Run()
	recorders.Run()
	old.die()
	hold()
	synctest.Wait()
	w.others = append(w.others, func() {
		frozen.Thaw()
		oldEngine.Close()
		oldBay.Close()
		oldBoard.Close()
	})
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// ofCard returns a recorder of what the device records.
func (w *world) ofCard(kind record.Format) record.Spec {
	s := w.spec(kind)
	s.Name, s.Of, s.Split = kind.String(), "main", 3*time.Second
	return s
}

// What is recorded goes on in another process, again and again, without a frame lost or repeated: also from a recorder
// whose pre-roll waits, and if the disk hangs just then.
func TestHandover(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		armed := w.ofCard(record.WAV)
		armed.Name, armed.Trigger, armed.Preroll, armed.Split, armed.Hold = "armed", "quiet", 4*time.Second, 0, time.Second
		specs := []record.Spec{w.ofCard(record.WAV), w.ofCard(record.FLAC), armed}
		for _, s := range specs {
			w.add(s)
		}
		for i, d := range []time.Duration{3300, 2000, 10, 2500} {
			w.run(d * time.Millisecond)
			if i == 1 {
				w.disk.stall()
			}
			w.handOver(specs...)
		}
		w.run(2 * time.Second)
		w.board.Trigger("quiet", true)
		w.run(time.Second)
		w.board.Trigger("quiet", false)
		w.handOver(specs...) // within the hold
		w.run(2 * time.Second)
		for _, r := range w.board.Recorders() {
			s := r.Status()
			if s.Missing != 0 || s.Gaps != 0 {
				t.Errorf("%+v", s)
			}
			want := record.Recording
			if r.Name() == "armed" {
				want = record.Armed
			}
			w.is(r, want)
			r.Stop()
		}
		w.run(time.Second)
		for _, kind := range kinds() {
			r, err := w.board.Recorder(kind.String())
			w.ok(err)
			var sound []byte
			for _, name := range w.files(kind) {
				if !bytes.Contains([]byte(name), []byte("armed")) {
					sound = append(sound, w.sound(name)...)
				}
			}
			if n := w.counts(sound, 0, 12*rate); uint64(n) != r.Status().Frames {
				t.Errorf("%v: %d frames, %d counted", kind, n, r.Status().Frames)
			}
		}
		var triggered [][]byte
		for _, name := range w.files(record.WAV) {
			if bytes.Contains([]byte(name), []byte("armed")) {
				triggered = append(triggered, w.sound(name))
			}
		}
		if len(triggered) != 2 {
			t.Fatalf("%d files of what was triggered", len(triggered))
		}
		all := slices.Concat(triggered...)
		if n := w.counts(all, w.first(all), 5*rate); n > 6.5*rate {
			t.Errorf("%d frames", n)
		}
	})
}

// If no other program takes over, all goes on with new segments.
func TestHandoverThatFails(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		r := w.add(w.ofCard(record.FLAC))
		w.run(time.Second)
		release := w.board.Suspend()
		hold := w.board.Hold()
		frozen := w.bay.Freeze()
		w.board.HandOver()
		frozen.Thaw()
		hold()
		release()
		w.run(time.Second)
		w.is(r, record.Recording)
		r.Stop()
		w.run(100 * time.Millisecond)
		w.counts(w.joined(record.FLAC), 0, 1.7*rate)
		if s := r.Status(); s.Segments != 2 || s.Missing != 0 {
			t.Errorf("%+v", s)
		}
	})
}
