package daemon

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// logged is what a line says, as far as the limit matters.
type logged struct {
	Message string
	Kind    string
	Lines   int
	Level   string
}

func linesOf(t *testing.T, out *trial.Output) (all []logged) {
	t.Helper()
	for text := range strings.Lines(out.Text()) {
		var l logged
		if err := decode(text, &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		all = append(all, l)
	}
	return all
}

const leftOut = "too many lines of a kind, these were left out"

// A client that opens and closes 10 000 times a second, for 55 s: a few lines and a count that is exact.
// Another kind is logged as ever. Afterwards there is no timer, and a burst is logged again.
func TestFloodOfLinesIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &trial.Output{}
		log := limited(zerolog.New(out))
		const seconds, each = 55, 1000
		for range seconds * 10 {
			for range each {
				log.Info().Str("loop", "loop0").Msg("opened")
				log.Info().Str("loop", "loop0").Msg("closed")
			}
			time.Sleep(100 * time.Millisecond)
		}
		log.Warn().Msg("something else")
		time.Sleep(2 * logWindow)
		written, counted, others := map[string]int{}, map[string]int{}, 0
		all := linesOf(t, out)
		for _, l := range all {
			switch l.Message {
			case leftOut:
				counted[l.Kind] += l.Lines
			case "opened", "closed":
				written[l.Message]++
			default:
				others++
			}
		}
		for _, kind := range []string{"opened", "closed"} {
			if sum := written[kind] + counted[kind]; sum != seconds*10*each {
				t.Errorf("%s: %d lines and %d left out are %d, want %d", kind, written[kind], counted[kind], sum, seconds*10*each)
			}
		}
		if others != 1 {
			t.Errorf("another kind was logged %d times, want 1", others)
		}
		if len(all) > 2*(logBurst+10*logTrickle)+20 {
			t.Errorf("%d lines", len(all))
		}
		t.Logf("%d lines for %d", len(all), 2*seconds*10*each)

		time.Sleep(time.Hour)
		before := len(all)
		for range logBurst {
			log.Info().Msg("opened")
		}
		time.Sleep(time.Hour)
		if n := len(linesOf(t, out)) - before; n != logBurst {
			t.Errorf("an hour later %d of %d lines are logged", n, logBurst)
		}
	})
}

// Messages with numbers in them are kinds of their own, up to a bound.
func TestFloodOfKindsIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &trial.Output{}
		log := limited(zerolog.New(out))
		const lines = 100_000
		for n := range lines {
			log.Info().Msg(fmt.Sprintf("locked at %d ppm", n))
		}
		time.Sleep(2 * logWindow)
		written, counted := 0, 0
		for _, l := range linesOf(t, out) {
			if l.Message == leftOut {
				counted += l.Lines
			} else {
				written++
			}
		}
		if written+counted != lines || written > mostKinds+logBurst {
			t.Errorf("%d lines, and %d left out", written, counted)
		}
		log.Info().Msg("a kind that comes later")
		if !strings.Contains(out.Text(), "comes later") {
			t.Error("later kinds are left out")
		}
	})
}

func decode(text string, l *logged) error { return json.Unmarshal([]byte(text), l) }
