package bench

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// What must be equal is a leak with one more; memory has slack, and none for the rest.
func TestSoakFindsLeaks(t *testing.T) {
	before := hold{"descriptors: socket": 2, "memory: bytes resident": 20 << 20, "threads: threads": 7}
	for _, c := range []struct {
		kind   string
		after  uint64
		leaked bool
	}{
		{"descriptors: socket", 2, false}, {"descriptors: socket", 3, true}, {"descriptors: socket", 1, false},
		{"descriptors: /dev/null", 1, true}, {"mappings: rings", 1, true}, {"goroutines: in all", 1, true},
		{"memory: bytes resident", 32 << 20, false}, {"memory: bytes resident", 34 << 20, true},
		{"threads: threads", 23, false}, {"threads: threads", 24, true},
	} {
		after := hold{}
		for kind, n := range before {
			after[kind] = n
		}
		after[c.kind] = c.after
		leaks := leaksOf("", before, after)
		if leaked := len(leaks) == 1 && leaks[0].Kind == c.kind; leaked != c.leaked || len(leaks) > 1 {
			t.Errorf("%s %d: %+v", c.kind, c.after, leaks)
		}
	}
}

// A line counts whole, however it comes, and so does what is no line of the log.
func TestSoakReadsTheLog(t *testing.T) {
	var l logWatch
	for _, part := range []string{
		`{"level":"warn","message":"a"}` + "\n" + `{"level":"err`, `or","message":"b"}` + "\n", "panic: c\n",
		`{"level":"error","message":"` + notReplaced + `"}` + "\n", `{"level":"info"}` + "\n" + `{"level":"error"`,
	} {
		if _, err := io.WriteString(&l, part); err != nil {
			t.Fatal(err)
		}
	}
	if n, texts := l.seen(); n != 2 || !strings.Contains(texts[0], "b") || !strings.Contains(texts[1], "panic") {
		t.Errorf("%d: %q", n, texts)
	}
}

// Frames that are lost, changed or doubled are a find, unless the daemon has counted a gap of that size; what a route fades
// is no change around such a gap alone.
func TestSoakJudgesFlows(t *testing.T) {
	good := tally{Good: 1000}
	route := flow{reader: "to", route: "cross"}
	for name, c := range map[string]struct {
		flow flow
		read endResult
		late uint64
		ok   bool
	}{
		"all":                {flow{}, endResult{tally: good}, 0, true},
		"lost":               {flow{}, endResult{tally: tally{Good: 1000, Lost: 1}}, 0, false},
		"lost and counted":   {flow{}, endResult{tally: tally{Good: 1000, Lost: 9}, XrunFrames: 9}, 0, true},
		"late is no excuse":  {flow{}, endResult{tally: tally{Good: 1000, Lost: 9}}, 9, false},
		"doubled":            {flow{}, endResult{tally: tally{Good: 1000, Doubled: 1}}, 0, false},
		"corrupt":            {flow{}, endResult{tally: tally{Good: 1000, Corrupt: 1}}, 0, false},
		"silence":            {flow{}, endResult{tally: tally{Good: 1000, Inserted: 1}}, 0, false},
		"a gap of a route":   {route, endResult{tally: tally{Good: 1000, Lost: 90, Corrupt: 50}}, 100, true},
		"more than that":     {route, endResult{tally: tally{Good: 1000, Lost: 101}}, 100, false},
		"changed by a route": {route, endResult{tally: tally{Good: 1000, Corrupt: 1}}, 0, false},
	} {
		s := soak{Soak: &Soak{}}
		s.report.Leaks = []Leak{{Kind: "x"}}
		s.report.addFlow(c.flow, c.read, endResult{}, c.late)
		s.finish()
		if s.report.OK != c.ok || s.report.Moved != 1000 {
			t.Errorf("%s: %s", name, s.report.Verdict)
		}
	}
}

// A program may meet what others do to it; without a daemon, or an answer, something is wrong.
func TestSoakJudgesPrograms(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"frames": 3}`: true, `{"errno": 104, "error": "the other end closed"}`: true, `{"errno": 111, "error": "no daemon"}`: false,
		`{"errno": 71, "error": "protocol"}`: false, ``: false,
	} {
		p := &running{child: &child{err: errors.New("exit status 2")}}
		if err := p.judge([]byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	p := &running{child: &child{}}
	p.killed.Store(true)
	if err := p.judge(nil); err != nil {
		t.Errorf("it was killed: %v", err)
	}
}

// Frames of S32_LE are those of S16_LE with zeros below.
func TestNarrow(t *testing.T) {
	p := newPattern(audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE})
	want := make([]byte, 40*p.frame)
	p.fill(want, 7)
	var wide []byte
	for i := 0; i < len(want); i += 2 {
		wide = append(wide, 0, 0, want[i], want[i+1])
	}
	if got := narrow(wide); p.match(got, 7) != 40 {
		t.Errorf("%x, want %x", got, want)
	}
}
