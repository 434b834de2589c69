package alarm_test

import (
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

// What a second of sound costs an alarm: 10 ms are one percent of a core.
func BenchmarkSecondOfSound(b *testing.B) {
	for _, kind := range []alarm.Kind{alarm.Silence, alarm.LevelAbove, alarm.Loudness} {
		b.Run(string(kind), func(b *testing.B) {
			var ear tap.Ear
			board := alarm.NewBoard(alarm.Options{Listen: func(_ tap.Place, e tap.Ear) func() { ear = e; return func() {} }})
			defer board.Close()
			if err := board.Set([]alarm.Spec{on(kind, "main", above(0), below(-70))}); err != nil {
				b.Fatal(err)
			}
			f := audio.Format{Rate: 48000, Channels: 2}
			ear.Begin(f)
			p := &player{f: f}
			block := p.frames(sine(-20), int(f.Frames(tap.Every)))
			b.ReportAllocs()
			for b.Loop() {
				for range time.Second / tap.Every {
					ear.Hear(block, 0)
				}
			}
		})
	}
}
