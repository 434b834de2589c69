package daemon

import (
	"bytes"
	"errors"
	"maps"
	"testing"

	"github.com/coreos/go-systemd/v22/journal"
	"github.com/rs/zerolog"
)

// A line goes to the journal as a sentence with its fields, and each field by its name; without the journal's
// socket to standard error, with its priority in front. What programs have put into a line cannot begin another.
func TestLinesForTheJournal(t *testing.T) {
	type entry struct {
		text     string
		priority journal.Priority
		fields   map[string]string
	}
	var sent []entry
	fallback := &bytes.Buffer{}
	w := newJournalWriter(fallback)
	w.send = func(text string, p journal.Priority, fields map[string]string) error {
		sent = append(sent, entry{text, p, fields})
		return nil
	}
	log := zerolog.New(w).Level(zerolog.TraceLevel).Hook(stamp())
	say := func() {
		log.Info().Str("loop", "loop0").Int("pid", 12).Str("program", "aplay").Msg("opened")
		log.Warn().Err(errors.New("no space")).Bool("play.mute", true).Msg("cannot be saved")
		log.Error().Str("program", "a\nMESSAGE=b").Msg("gone")
		log.Debug().Msg("free")
	}
	say()
	want := []entry{
		{"opened loop=loop0 pid=12 program=aplay", journal.PriInfo, map[string]string{"LOOPBRIDGE_LOOP": "loop0", "LOOPBRIDGE_PID": "12", "LOOPBRIDGE_PROGRAM": "aplay"}},
		{`cannot be saved error="no space" play.mute=true`, journal.PriWarning, map[string]string{"LOOPBRIDGE_ERROR": "no space", "LOOPBRIDGE_PLAY_MUTE": "true"}},
		{`gone program="a\nMESSAGE=b"`, journal.PriErr, map[string]string{"LOOPBRIDGE_PROGRAM": "a\nMESSAGE=b"}},
		{"free", journal.PriDebug, map[string]string{}},
	}
	for n := range want {
		want[n].fields["SYSLOG_IDENTIFIER"] = "loopbridge"
		if n >= len(sent) || sent[n].text != want[n].text || sent[n].priority != want[n].priority || !maps.Equal(sent[n].fields, want[n].fields) {
			t.Fatalf("line %d of %+v is not %+v", n, sent, want[n])
		}
	}
	w.send = func(string, journal.Priority, map[string]string) error { return errors.New("there is no journal") }
	say()
	if got, want := fallback.String(), "<6>opened loop=loop0 pid=12 program=aplay\n<4>cannot be saved error=\"no space\" play.mute=true\n"+
		"<3>gone program=\"a\\nMESSAGE=b\"\n<7>free\n"; got != want {
		t.Errorf("standard error gets\n%swant\n%s", got, want)
	}
}
