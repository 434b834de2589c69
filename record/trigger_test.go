package record_test

import (
	"errors"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/record"
)

// What comes before a trigger is recorded from the pre-roll on, to the frame, and what comes after it for the hold.
func TestTriggerHasItsPreroll(t *testing.T) {
	for _, kind := range []record.Format{record.WAV, record.FLAC} {
		inWorld(t, audio.S24LE3, func(w *world) {
			s := w.spec(kind)
			s.Trigger, s.Preroll, s.Hold = "quiet", 2*time.Second, time.Second
			r := w.add(s)
			w.is(r, record.Armed)
			w.play(0)
			w.run(15 * time.Second) // longer than the queue
			now := w.is(r, record.Armed)
			if now.Memory != uint64((record.QueueTime+2*time.Second).Seconds()*rate*6) || now.Gaps != 0 || len(w.files(kind)) != 0 {
				t.Errorf("%+v", now)
			}
			w.board.Trigger("other", true)
			w.board.Trigger("quiet", true)
			w.run(3 * time.Second)
			w.is(r, record.Recording)
			w.board.Trigger("quiet", false)
			w.run(500 * time.Millisecond)
			w.board.Trigger("quiet", true) // again, within the hold
			w.run(time.Second)
			w.board.Trigger("quiet", false)
			w.run(500 * time.Millisecond)
			w.is(r, record.Recording)
			w.run(2 * time.Second)
			w.is(r, record.Armed)
			files := w.files(kind)
			if len(files) != 1 {
				t.Fatal(files)
			}
			sound := w.sound(files[0])
			n := w.counts(sound, w.first(sound), 1)
			// 15 s, less what is on its way: a period of the reader.
			if from := float64(w.first(sound)) / rate; from < 12.5 || from > 13.01 {
				t.Errorf("it begins at %v s, want 13", from)
			}
			if d := float64(n) / rate; d < 7.2 || d > 7.8 {
				t.Errorf("%v s, want 7.5", d)
			}
			w.board.Trigger("quiet", true)
			w.run(time.Second)
			r.Stop()
			w.board.Trigger("quiet", false)
			w.run(2 * time.Second)
			w.is(r, record.Stopped)
			if files := w.files(kind); len(files) != 2 {
				t.Error(files)
			} else if again := w.sound(files[1]); w.first(again) < w.first(sound)+uint64(n) {
				t.Error("a frame is recorded twice")
			}
		})
	}
}

// An operator starts what waits for a trigger, and stops it; then it waits again once it is started.
func TestStartAndStop(t *testing.T) {
	inWorld(t, audio.S16LE, func(w *world) {
		s := w.spec(record.WAV)
		s.Trigger, s.Of = "quiet", "cable/heard"
		r := w.add(s)
		w.play(0)
		w.run(time.Second)
		if err := r.Mark("not now"); !errors.Is(err, audio.ErrInvalid) {
			t.Error(err)
		}
		for range 3 {
			w.is(r, record.Armed)
			r.Start()
			w.run(time.Second)
			w.is(r, record.Recording)
			r.Stop()
			r.Stop()
			w.run(100 * time.Millisecond)
			w.is(r, record.Stopped)
			r.Start()
			w.run(time.Second)
		}
		if n := len(w.files(record.WAV)); n != 3 {
			t.Error(n, "files")
		}
	})
}

// A trigger that is up when a recorder comes counts.
func TestTriggerBeforeItsRecorder(t *testing.T) {
	inWorld(t, audio.S16LE, func(w *world) {
		w.board.Trigger("quiet", true)
		s := w.spec(record.WAV)
		s.Trigger = "quiet"
		r := w.add(s)
		w.play(0)
		w.run(time.Second)
		w.is(r, record.Recording)
		if err := errors.Join(w.board.Remove("tape"), w.board.Remove("tape")); !errors.Is(err, audio.ErrNoDevice) {
			t.Error(err)
		}
		w.counts(w.joined(record.WAV), 0, rate*3/4)
	})
}

// Marks are where they were made: cue points of WAV, chapters of FLAC.
func TestMarks(t *testing.T) {
	for _, kind := range []record.Format{record.WAV, record.FLAC} {
		inWorld(t, audio.S16LE, func(w *world) {
			r := w.add(w.spec(kind))
			w.play(0)
			w.run(2 * time.Second)
			at := r.Status().Position
			if err := r.Mark("door"); err != nil {
				t.Fatal(err)
			}
			w.run(time.Second)
			if err := r.Mark("window"); err != nil {
				t.Fatal(err)
			}
			if err := r.Mark(string(make([]byte, 201))); !errors.Is(err, audio.ErrInvalid) {
				t.Error(err)
			}
			r.Stop()
			w.run(time.Second)
			files := w.files(kind)
			if len(files) != 1 {
				t.Fatal(files)
			}
			w.counts(w.sound(files[0]), 0, 2.7*rate)
			marks := w.marks(files[0])
			if len(marks) != 2 || marks[0] != (record.Mark{Frame: at, Text: "door"}) || marks[1].Text != "window" || marks[1].Frame <= at {
				t.Errorf("%v: %v, the first at %d", kind, marks, at)
			}
		})
	}
}
