package alsatest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// The rows of a mixer that does not show clients are there when it is opened, and stay:
// MPD aborts when one goes.
func TestMixerRowsAreFixed(t *testing.T) {
	t.Parallel()
	m := newStripsRig(t)
	k := m.keeper("main", plainBuild.program(t, "mixer"))
	k.asks("check", "the same: 11 of 11\n")
	k.asks("keep mic Capture Volume", "keeps")
	p, player := m.plays("phones")
	q, recorder := m.records("mic")
	m.setStrip("phones", "play.gain=12")
	k.says("phones Playback Volume = 12\n") // it has looked, with both clients there
	m.setStrip(fmt.Sprint("phones/", p.Process.Pid), "play.gain=56")
	m.leaves("phones", p)
	m.leaves("mic", q)
	m.add("more", audio.Play)
	m.setStrip("mic", "record.gain=34")
	k.says("mic Capture Volume = 34\n")

	// The row of a loop that has gone is as it was, and cannot be set.
	m.remove("mic")
	m.remove("more")
	m.set("play.gain=78")
	k.says("Master Playback Volume = 78\n")
	for range 40 {
		k.asks("read", "read 34\n")
	}
	k.asks("write 60", "write: No such device\n")
	k.asks("check", "the same: 11 of 11\n")
	m.add("mic", audio.Record) // it is back, as a loop is at first
	m.set("play.gain=79")
	k.says("Master Playback Volume = 79\n")
	k.asks("write 60", "write 60\n")
	if i := m.strip("mic"); i.Record.Gain != 60 {
		t.Errorf("the gain is %d, want 60", i.Record.Gain)
	}
	_, said, _ := strings.Cut(string(m.read("said")), "loaded\n")
	for _, word := range []string{"+ ", "- ", "more", player, recorder} {
		if strings.Contains(said, word) {
			t.Errorf("it heard of %q:\n%s", word, said)
		}
	}
	k.asks("quit", "ends: well\n")
	k.succeeds(m.rig)
}
