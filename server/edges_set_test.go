package server_test

import (
	"fmt"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// A set of nothing is a set: the whole state comes back, and everybody is told (D26).
func TestEdge34NothingSet(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	before := e.info()
	s := e.set()
	if s.Name != "card" || s.Info != before || len(s.Changes) != 0 || len(s.Ignored) != 0 {
		t.Errorf("%+v", s)
	}
	events.want("card set")
	before = e.info()
	var present []string
	for f := range state.Fields() {
		if f.Access()&state.Settable != 0 && f.Access()&(state.WhileOpen|state.NoEffect) == 0 {
			present = append(present, f.Name()+"="+f.Text(&before))
		}
	}
	if s = e.set(present...); s.Info != before || len(s.Changes) != 0 || len(s.Ignored) != 0 {
		t.Errorf("the present values: %+v", s)
	}
	events.want("card set")
}

func TestEdge35OneBadFieldRefusesAll(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	p := e.open("speaker", pcm.Write)
	e.play(p, level(1, 1, period))
	e.clock.Advance(3 * period) // with an error to be reset
	for body, words := range map[string]string{
		`{"play":{"gain":7,"error":0,"balance":65},"monitor_gain":3}`:       "play.balance = 65: out of range, use 0..64",
		`{"play":{"gain":7,"samples":0,"pause":1},"monitor_gain":256}`:      "monitor_gain = 256: out of range, use 0..255",
		`{"play":{"gain":7,"port":"spdif_out"},"output_muted":true}`:        "play.port = spdif_out: spdif_out is not available, use one or more of speaker+headphone+line_out",
		`{"play":{"gain":7,"error":0,"sample_rate":8000}}`:                  "play.sample_rate = 8000: only the program that holds the stream sets the format, leave it at 48000",
		`{"play":{"gain":7},"record":{"gain":1,"port":"line_in+spdif_in"}}`: "record.port",
		`{"play":{"gain":7,"volume":1}}`:                                    "play.volume = 1: no such field",
		`{"play":{"gain":7,"active":true}}`:                                 "play.active = true: read-only",
	} {
		e.refused(body, words)
	}
	if i := e.info(); !i.Play.Error || i.Play.Samples != 3*period {
		t.Errorf("%+v", i.Play)
	}
	events.want("speaker client open", "card open play.open false true", "speaker client underrun", "card underrun play.error false true")
}

// There is no value that means "unchanged": what is left out is.
func TestEdge36RangesEnd(t *testing.T) {
	e := newEdges(t)
	e.set("play.gain=1", "record.gain=1", "play.balance=1")
	var reply object
	if code := e.ask("PATCH", "/v1/devices/card", `{"play":{"gain":255,"balance":64},"record":{"gain":255.0,"balance":0},"monitor_gain":255}`, &reply); code != 200 {
		t.Errorf("%d %v", code, reply)
	}
	if i := e.info(); i.Play.Gain != 255 || i.Record.Gain != 255 || i.Play.Balance != 64 || i.Record.Balance != 0 || i.MonitorGain != 255 {
		t.Errorf("%+v", i)
	}
	for body, words := range map[string]string{
		`{"play":{"gain":256}}`:                 "play.gain = 256: out of range, use 0..255",
		`{"play":{"gain":4294967295}}`:          "play.gain = 4294967295: out of range, use 0..255",
		`{"play":{"gain":4294967296}}`:          "play.gain = 4294967296: more than 32 bits, use 0..255",
		`{"record":{"gain":-1}}`:                "record.gain = -1: negative, use 0..255",
		`{"play":{"balance":65}}`:               "play.balance = 65: out of range, use 0..64",
		`{"play":{"balance":255}}`:              "play.balance = 255: out of range, use 0..64",
		`{"play":{"pause":255}}`:                "play.pause = 255: neither on nor off, use 0 or 1",
		`{"play":{"gain":null}}`:                "play.gain = null: no value, use 0..255",
		`{"play":{"gain":1.5}}`:                 "play.gain = 1.5: not a whole number, use 0..255",
		`{"output_muted":255,"monitor_gain":1}`: "output_muted = 255: neither on nor off, use 0 or 1",
	} {
		e.refused(body, words)
	}
}

func TestEdge37ErrorIsReadAndReset(t *testing.T) {
	e := newEdges(t)
	p := e.open("speaker", pcm.Write)
	starve := func() {
		t.Helper()
		e.play(p, level(1, 1, period))
		e.clock.Advance(2 * period)
		e.play(p, level(1, 1, 2*period))
		e.clock.Advance(period)
	}
	starve()
	s := e.set("play.error=0")
	if !s.Info.Play.Error || e.info().Play.Error {
		t.Error("the first does not return the error, or does not reset it")
	}
	e.same("changes", changesOf(s), "play.error true false")
	if s = e.set("play.error=0"); s.Info.Play.Error || len(s.Changes) != 0 {
		t.Errorf("the second returns %v, %q", s.Info.Play.Error, changesOf(s))
	}
	e.clock.Advance(period)
	starve() // between the two
	if s = e.set("play.error=0"); !s.Info.Play.Error {
		t.Error("an error between two sets is lost")
	}
}

func TestEdge38CountersAreReadAndReset(t *testing.T) {
	e := newEdges(t)
	p := e.open("speaker", pcm.Write)
	e.play(p, level(1, 1, 50*period))
	e.clock.Advance(5 * period)
	s := e.set("play.samples=0", "play.eof=0", "record.eof=9")
	if s.Info.Play.Samples != 5*period || s.Info.Play.EOF != 0 || e.info().Play.Samples != 0 {
		t.Errorf("%d, then %d", s.Info.Play.Samples, e.info().Play.Samples)
	}
	e.same("changes", changesOf(s), fmt.Sprintf("play.samples %d 0", 5*period))
	e.same("ignored", s.Ignored, "record.eof")
	if e.info().Record.EOF != 0 {
		t.Error("record.eof was set")
	}
	// No frame is lost or counted twice however often it is reset, while the clock runs.
	const cycles = 40
	cranked := make(chan struct{})
	go func() {
		defer close(cranked)
		for range cycles {
			e.clock.Advance(period)
		}
	}()
	var replies, changes uint64
	for running := true; running; {
		select {
		case <-cranked:
			running = false
		default:
		}
		s := e.set("play.samples=0")
		replies += uint64(s.Info.Play.Samples)
		for _, c := range s.Changes {
			var old uint64
			if _, err := fmt.Sscan(string(c.Old), &old); err != nil || string(c.New) != "0" {
				t.Fatal(changesOf(s), err)
			}
			changes += old
		}
	}
	if replies != cycles*period || changes != cycles*period {
		t.Errorf("the replies add up to %d, the changes to %d, want %d", replies, changes, cycles*period)
	}
}

func TestEdge39ClosedDirection(t *testing.T) {
	e := newEdges(t)
	flags := []string{"play.pause=1", "play.eof=4", "play.error=1", "play.waiting=1", "record.pause=1", "record.error=1", "record.waiting=1"}
	before := e.info()
	s := e.set(flags...)
	if e.same("ignored", s.Ignored, "play.eof", "play.pause", "play.error", "play.waiting", "record.pause", "record.error", "record.waiting"); s.Info != before || e.info() != before {
		t.Errorf("%q", changesOf(s))
	}
	e.open("mic", pcm.Read)
	s = e.set(flags...)
	e.same("with record open, changes", changesOf(s), "record.pause false true", "record.error false true", "record.waiting false true")
	e.same("and ignored", s.Ignored, "play.eof", "play.pause", "play.error", "play.waiting")
	if s.Info.Play != before.Play {
		t.Errorf("%+v", s.Info.Play)
	}
}

func TestEdge40WaitingIsOnlySet(t *testing.T) {
	e := newEdges(t)
	play, record := e.open("speaker", pcm.Write), e.open("mic", pcm.Read)
	e.same("changes", changesOf(e.set("play.waiting=1", "record.waiting=1")), "play.waiting false true", "record.waiting false true")
	s := e.set("play.waiting=0")
	if e.same("ignored", s.Ignored, "play.waiting"); !s.Info.Play.Waiting || !e.info().Play.Waiting {
		t.Error("it was taken back")
	}
	record.Abandon()
	if i := e.info(); !i.Play.Waiting || i.Record.Waiting {
		t.Errorf("record is closed: play %v, record %v", i.Play.Waiting, i.Record.Waiting)
	}
	play.Abandon()
	if e.info().Play.Waiting {
		t.Error("play is closed, and it stays")
	}
}

// The format of a device is its own: a client of another is converted (D12), and nobody
// who opens resets it.
func TestEdge52OpenLeavesTheFormat(t *testing.T) {
	e := newEdges(t)
	ulaw := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}
	p := e.open("speaker", pcm.Write)
	e.play(p, level(1, 1, 20*period))
	e.clock.Advance(2 * period)
	before := e.info()
	r, err := e.try("mic", pcm.Options{Direction: pcm.Read, Format: ulaw})
	if err != nil {
		t.Fatal(err)
	}
	i := e.info()
	if i.Play != before.Play || i.Play.Format != audio.DefaultFormat() || i.Record.Format != audio.DefaultFormat() || r.Format() != ulaw {
		t.Errorf("%+v, the client has %s", i, r.Format())
	}
	e.refused(`{"record":{"sample_rate":8000,"channels":1,"encoding":"MU_LAW"}}`, "only the program that holds the stream sets the format")
}

// The buffer of a device goes with its period, so only its size of now can be set.
func TestEdge53BufferSize(t *testing.T) {
	e := newEdges(t)
	size := e.info().Record.BufferBytes
	if size != 4*period*4 {
		t.Errorf("%d bytes", size)
	}
	for _, side := range []string{"play", "record"} {
		e.refused(`{"`+side+`":{"buffer_size":0}}`, side+".buffer_size = 0: out of range, use 1..4294967295")
		e.refused(fmt.Sprintf(`{%q:{"buffer_size":%d,"gain":1}}`, side, size+1), fmt.Sprintf("%s.buffer_size = %d: it cannot be changed here, leave it at %d", side, size+1, size))
		e.refused(fmt.Sprintf(`{%q:{"channels":1,"buffer_size":%d}}`, side, size), side+".channels = 1: only the program that holds the stream sets the format")
		if s := e.set(fmt.Sprintf("%s.buffer_size=%d", side, size)); len(s.Changes) != 0 {
			t.Errorf("%q", changesOf(s))
		}
	}
}

func TestEdge59Ports(t *testing.T) {
	e := newEdges(t)
	s := e.set("play.port=headphone+line_out", "record.port=0x2")
	e.same("changes", changesOf(s), `play.port "speaker" "headphone+line_out"`, `record.port "microphone" "line_in"`)
	const all = "use one or more of speaker+headphone+line_out"
	for body, words := range map[string]string{
		`{"play":{"port":0}}`:                        "play.port = none: a port must be in use, " + all,
		`{"play":{"port":"none"}}`:                   "play.port = none: a port must be in use, " + all,
		`{"play":{"port":9}}`:                        "play.port = speaker+spdif_out: spdif_out is not available, " + all,
		`{"play":{"port":2147483648}}`:               "play.port = 0x80000000: 0x80000000 is not available, " + all,
		`{"play":{"port":"loudspeaker"}}`:            "play.port = \"loudspeaker\": unknown name, use speaker, headphone",
		`{"record":{"port":"cd"}}`:                   "record.port = cd: cd is not available, use one or more of microphone+line_in",
		`{"play":{"avail_ports":7}}`:                 "play.avail_ports = 7: read-only",
		`{"play":{"mod_ports":0}}`:                   "play.mod_ports = 0: read-only",
		`{"play":{"port":1},"record":{"port":"cd"}}`: "record.port = cd",
	} {
		e.refused(body, words)
	}
}

func TestEdge60CountersWrap(t *testing.T) {
	e := newEdges(t)
	p, r := e.open("speaker", pcm.Write), e.open("mic", pcm.Read)
	e.listen(r)
	e.play(p, level(1, 1, 20*period))
	e.clock.Advance(2 * period)
	e.set("play.samples=4294967295", "record.samples=4294967290")
	if i := e.info(); i.Play.Samples != 1<<32-1 || i.Record.Samples != 1<<32-6 {
		t.Errorf("%d and %d", i.Play.Samples, i.Record.Samples)
	}
	e.clock.Advance(2 * period)
	s := e.set("play.samples=4294967295")
	if s.Info.Play.Samples != 2*period-1 || e.info().Record.Samples != 2*period-6 {
		t.Errorf("they do not wrap: %d, %d", s.Info.Play.Samples, e.info().Record.Samples)
	}
	e.refused(`{"play":{"samples":4294967296}}`, "play.samples = 4294967296: more than 32 bits, use 0..4294967295")
}
