package record_test

import (
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/record"
)

// Segments are split at exact frames, and joined they are what was played, bit for bit, from the first frame on.
func TestSegmentsAreTheStream(t *testing.T) {
	for _, e := range []audio.Encoding{audio.S16LE, audio.S24BE, audio.FloatLE} {
		t.Run(e.String(), func(t *testing.T) {
			inWorld(t, e, func(w *world) {
				s := w.spec(record.WAV)
				s.Split = 1500 * time.Millisecond
				r := w.add(s)
				w.is(r, record.Waiting)
				w.play(0)
				w.run(7 * time.Second)
				w.is(r, record.Recording)
				r.Stop()
				w.run(time.Second)
				now := w.is(r, record.Stopped)
				files := w.files(record.WAV)
				if len(files) != 5 || now.Segments != 5 {
					t.Fatalf("%d files, %d segments: %v", len(files), now.Segments, files)
				}
				for _, name := range files[:4] {
					if n := len(w.sound(name)) / wavFrame(e); n != 1.5*rate {
						t.Errorf("%s has %d frames, want %v", name, n, 1.5*rate)
					}
				}
				w.f.Encoding = wavEncoding(e)
				n := w.counts(w.joined(record.WAV), 0, 6.9*rate)
				if uint64(n) != now.Frames || now.Missing != 0 || now.Gaps != 0 || now.Bytes < uint64(n*wavFrame(e)) {
					t.Errorf("%d frames; %+v", n, now)
				}
			})
		})
	}
}

func wavEncoding(e audio.Encoding) audio.Encoding {
	if e == audio.S24BE {
		return audio.S24LE3
	}
	return e
}

func wavFrame(e audio.Encoding) int { return 2 * wavEncoding(e).Bytes() }

// What was stopped goes on with a new segment, and each session has one of its own. Names that are taken stay.
func TestSessionsAndNames(t *testing.T) {
	inWorld(t, audio.S16LE, func(w *world) {
		s := w.spec(record.WAV)
		s.Path = w.dir + "/{name}-{time}.wav"
		r := w.add(s)
		w.run(1100 * time.Millisecond)
		w.play(0)
		w.run(300 * time.Millisecond)
		w.stop()
		w.run(10 * time.Millisecond)
		w.play(5000)
		w.run(300 * time.Millisecond)
		w.stop()
		w.run(3 * time.Second)
		w.is(r, record.Waiting)
		files := w.files(record.WAV)
		want := []string{w.dir + "/tape-20000101T000001Z.wav", w.dir + "/tape-20000101T000001Z_2.wav"}
		if len(files) != 2 || files[0] != want[0] || files[1] != want[1] {
			t.Fatalf("%v, want %v", files, want)
		}
		w.counts(w.sound(files[0]), 0, 2000)
		w.counts(w.sound(files[1]), 5000, 2000)
		if got := r.Status(); got.Gaps != 0 || got.Segments != 2 || got.File != "" {
			t.Errorf("%+v", got)
		}
	})
}
