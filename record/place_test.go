package record_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/record"
)

// A recorder of the server end is the server: a program that plays finds it there.
func TestRecorderIsTheServer(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		s := w.spec(record.FLAC)
		s.Of = "cable/server"
		r := w.add(s)
		w.run(time.Second)
		for session := range uint64(2) {
			p, err := w.bay.Open(t.Context(), "cable", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: 20 * period})
			w.ok(err)
			block := make([]byte, rate*w.f.FrameBytes())
			backendtest.NewCounter(w.f).Fill(block, session*rate)
			done := make(chan error)
			go func() {
				_, err := p.Write(context.Background(), block)
				done <- errors.Join(err, p.Close(context.Background()))
			}()
			w.run(3 * time.Second)
			w.ok(<-done)
		}
		w.is(r, record.Waiting)
		if n := w.counts(w.joined(record.FLAC), 0, 2*rate); n != 2*rate || len(w.files(record.FLAC)) != 2 {
			t.Errorf("%d frames in %v", n, w.files(record.FLAC))
		}
	})
}

// Each session of another format has a segment of its own, also if the queue is not empty when it begins.
func TestFormatsChange(t *testing.T) {
	inWorld(t, audio.S16LE, func(w *world) {
		s := w.spec(record.WAV)
		s.Gap = record.Silence // the segment would go on
		w.add(s)
		formats := []audio.Format{{Rate: rate, Channels: 2, Encoding: audio.S16LE}, {Rate: rate, Channels: 1, Encoding: audio.S24LE3}, {Rate: 2 * rate, Channels: 1, Encoding: audio.S24LE3}}
		for _, w.f = range formats {
			w.play(0)
			w.run(2 * time.Second)
			w.stop()
			w.run(100 * time.Millisecond)
		}
		files := w.files(record.WAV)
		if len(files) != len(formats) {
			t.Fatal(files)
		}
		for i, name := range files {
			f, err := os.Open(name)
			w.ok(err)
			h, err := wav.NewReader(f)
			w.ok(err)
			f.Close()
			w.f = formats[i]
			if got := h.Format(); !got.Alike(w.f) {
				t.Errorf("%s is %s, want %s", name, got, w.f)
			}
			w.counts(w.sound(name)[:w.f.Rate*w.f.FrameBytes()], 0, w.f.Rate)
		}
	})
}

// What cannot be recorded is said, and waited for: a place that is not there, and channels that FLAC has not.
func TestPlacesThatAreNotThere(t *testing.T) {
	inWorld(t, audio.S16LE, func(w *world) {
		s := w.spec(record.FLAC)
		s.Of = "later/heard"
		r := w.add(s)
		w.run(time.Second)
		if now := w.is(r, record.Waiting); now.Error == nil || !strings.Contains(now.Error.Error(), "later") {
			t.Errorf("it says %v", now.Error)
		}
		w.ok(w.bay.Add(loop.Spec{Name: "later", Format: audio.Format{Rate: rate, Channels: 9, Encoding: audio.S16LE}}, w.engine))
		w.run(time.Second)
		if now := w.is(r, record.Waiting); now.Error == nil || !strings.Contains(now.Error.Error(), "at most 8; record it as wav") {
			t.Errorf("it says %v", now.Error)
		}
		w.ok(w.bay.Remove("later"))
		w.ok(w.bay.Add(loop.Spec{Name: "later", Format: audio.Format{Rate: rate, Channels: 8, Encoding: audio.S16LE}}, w.engine))
		w.run(7 * time.Second)
		w.is(r, record.Recording)
		r.Stop()
	})
}

// Specs that can never work are refused.
func TestSpecsThatAreNone(t *testing.T) {
	inWorld(t, audio.S16LE, func(w *world) {
		for what, change := range map[string]func(*record.Spec){
			"a name":             func(s *record.Spec) { s.Name = "" },
			"of is missing":      func(s *record.Spec) { s.Of = "" },
			"wav or flac":        func(s *record.Spec) { s.Format = 0 },
			"split":              func(s *record.Spec) { s.Split = time.Millisecond },
			"preroll":            func(s *record.Spec) { s.Preroll = time.Hour },
			"cannot be negative": func(s *record.Spec) { s.Keep.Bytes = -1 },
			"absolute":           func(s *record.Spec) { s.Path = "x-{n}.wav" },
			"neither":            func(s *record.Spec) { s.Path = "/x.wav" },
			"braces":             func(s *record.Spec) { s.Path = "/{n}/x-{n}.wav" },
			"alone":              func(s *record.Spec) { s.Path = "/x-{n}{{.wav" },
		} {
			s := w.spec(record.WAV)
			change(&s)
			if _, err := w.board.Add(s); !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), what) {
				t.Errorf("%s: %v", what, err)
			}
		}
		w.add(w.spec(record.WAV))
		if _, err := w.board.Add(w.spec(record.WAV)); !errors.Is(err, audio.ErrBusy) {
			t.Error(err)
		}
		synctest.Wait()
	})
}
