package state

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
)

func TestD25SaveAndRestore(t *testing.T) {
	i := openCard()
	apply(t, &i, cardRules(), "play.gain=1", "play.port=line_out+headphone", "play.balance=3", "record.gain=4", "record.port=cd", "record.balance=64", "monitor_gain=7", "output_muted=on", "play.pause=1")
	want := `{"play":{"gain":1,"port":"headphone+line_out","balance":3},"record":{"gain":4,"port":"cd","balance":64},"monitor_gain":7,"output_muted":true}`
	if got := i.Save(); string(got) != want || !json.Valid(got) {
		t.Errorf("%s, want %s", got, want)
	}
	back := card()
	if err := back.Restore(i.Save(), cardRules()); err != nil {
		t.Fatal(err)
	}
	want7 := []string{"play.gain: 255 -> 1", "play.port: speaker -> headphone+line_out", "play.balance: 32 -> 3", "record.gain: 255 -> 4", "record.port: microphone -> cd", "record.balance: 32 -> 64", "monitor_gain: 0 -> 7", "output_muted: 0 -> 1"}
	if got := diff(card(), back); !slices.Equal(got, want7) {
		t.Errorf("%q, want %q", got, want7)
	}
	plain := NewInfo(audio.DefaultFormat(), HWPlay, Rules{})
	before := plain
	if err := plain.Restore(plain.Save(), Rules{}); err != nil || plain != before {
		t.Errorf("without ports: %v, %q", err, diff(before, plain))
	}
}

// A bad value costs itself only, and is reported.
func TestD25DamagedState(t *testing.T) {
	for text, want := range map[string][2]string{ // the problems, then what changed
		`{}`:                  {"", ""},
		`{"play":{"gain":7}}`: {"", "play.gain: 255 -> 7"},
		`{"play":{"gain":7}`:  {"not a JSON object: unexpected EOF, write {\"FIELD\":VALUE}", ""},
		``:                    {"not a JSON object: unexpected EOF, write {\"FIELD\":VALUE}", ""},
		"\x00\x00\x00":        {"not a JSON object: invalid character '\\x00' looking for beginning of value, write {\"FIELD\":VALUE}", ""},
		`null`:                {"not a JSON object: it begins with something else, write {\"FIELD\":VALUE}", ""},
		`{"play":{"gain":700,"balance":1},"monitor_gain":2}`: {"play.gain = 700: out of range, use 0..255", "play.balance: 32 -> 1; monitor_gain: 0 -> 2"},
		`{"play":5,"record":{"gain":1}}`:                     {`play = 5: not an object, write "play":{"FIELD":VALUE}`, "record.gain: 255 -> 1"},
		`{"play":{"port":"aux1_out","gain":2}}`:              {"play.port = aux1_out: aux1_out is not available, use one or more of speaker+headphone+line_out", "play.gain: 255 -> 2"},
		`{"output_muted":"x","volume":1,"record":{"balance":9}}`: {"output_muted = \"x\": neither on nor off, use 0 or 1\n" +
			"volume = 1: no such field, use one of " + settableNames(), "record.balance: 32 -> 9"},
		`{"play":{"samples":5,"pause":true,"balance":0}}`: {"play.samples = 5: not a saved field, leave it out\nplay.pause = 1: not a saved field, leave it out", "play.balance: 32 -> 0"},
	} {
		i := card()
		err := i.Restore(Saved(text), cardRules())
		if got := strings.Join(diff(card(), i), "; "); got != want[1] || err == nil && want[0] != "" || err != nil && err.Error() != want[0] {
			t.Errorf("%s: %v, changed %s\nwant %s, %s", text, err, got, want[0], want[1])
		}
	}
	i := card()
	i.HW &^= HWIn2Out
	if err := i.Restore(Saved(`{"monitor_gain":5,"output_muted":true}`), cardRules()); err == nil || !i.OutputMuted || i.MonitorGain != 0 {
		t.Errorf("monitor_gain without an input: %v, %+v", err, i)
	}
}

func TestChanges(t *testing.T) {
	before, after := card(), card()
	if got := Changes(&before, &after); len(got) != 0 {
		t.Errorf("no change is %v", got)
	}
	after.Play.Gain, after.Record.Port, after.Record.Open, after.MonitorGain = 0, audio.PortCD|audio.PortLineIn, true, 3
	if got, want := diff(before, after), []string{"play.gain: 255 -> 0", "record.port: microphone -> line_in+cd", "record.open: 0 -> 1", "monitor_gain: 0 -> 3"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for i, want := range []string{`"microphone" "line_in+cd"`, "false true"} {
		if old, now := Changes(&before, &after)[i+1].Values(); string(old)+" "+string(now) != want {
			t.Errorf("JSON has %s %s, want %s", old, now, want)
		}
	}
}

// drawInfo makes a state that a device can have, and its rules.
func drawInfo(t *rapid.T) (Info, Rules) {
	side := func(label string) SideRules {
		return SideRules{
			Exclusive:      rapid.Bool().Draw(t, label+" exclusive"),
			Format:         FormatRule(rapid.IntRange(0, 2).Draw(t, label+" format")),
			FragmentFrames: 480,
			MaxFrames:      rapid.SampledFrom([]int{0, 480, 48000}).Draw(t, label+" max"),
			DefaultFrames:  4800,
		}
	}
	r := Rules{Play: side("play"), Record: side("record")}
	i := NewInfo(audio.DefaultFormat(), HWFeatures(rapid.Uint32Range(0, 31).Draw(t, "hw")), r)
	for d := audio.Play; d <= audio.Record; d++ {
		s := i.Side(d)
		s.ModPorts = audio.Ports(rapid.Uint32Range(0, 7).Draw(t, "mod_ports"))
		s.Plugged(audio.Ports(rapid.Uint32Range(0, 7).Draw(t, "avail_ports")))
		if rapid.Bool().Draw(t, "open") {
			i.Opened(d, audio.DefaultFormat(), r)
			s.Active, s.Error = rapid.Bool().Draw(t, "active"), rapid.Bool().Draw(t, "error")
			s.Samples, s.Pause = rapid.Uint32().Draw(t, "samples"), false
		}
	}
	return i, r
}

// What SETINFO promises, whatever is asked: nothing after an error; else each field is
// as asked, or the reply says why not; no other field moves.
func TestD18Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, r := drawInfo(t)
		p := drawPatch(t)
		if rapid.Bool().Draw(t, "few") { // so that not nearly all are refused
			for f := range p.has.All() {
				if !rapid.Bool().Draw(t, "keep") || f.Access()&OfFormat != 0 {
					p.has &^= 1 << f
					p.values[f] = 0
				}
			}
		}
		before := i
		reply, err := i.Apply(p, r)
		if err != nil {
			if i != before || reply.Info != (Info{}) || reply.Changed != 0 || reply.Ignored != 0 {
				t.Fatalf("refused with %v, and yet %q", err, diff(before, i))
			}
			return
		}
		for f := range Fields() {
			v, asked := p.Get(f)
			switch {
			case !asked || reply.Ignored.Has(f):
				follows := f.base() == PlayPrecision || f.base() == PlayBufferSize || f.base() == PlayActive || f.target() != f
				if f.Get(&before) != f.Get(&i) && !follows {
					t.Fatalf("%s moved from %s to %s", f, f.Text(&before), f.Text(&i))
				}
			case f.base() == PlayBufferSize:
				s := i.Side(f.Side())
				if n := s.Format.FrameBytes(); n > 0 && s.BufferBytes%n != 0 || i.Side(f.Side()).BufferBytes > int(max(v, 480*512)) {
					t.Fatalf("a buffer of %d bytes, asked were %d, of %s", s.BufferBytes, v, s.Format)
				}
			case f.Kind() == KindPorts:
				s := i.Side(f.Side())
				if s.Port != audio.Ports(v)|s.fixed() || s.Port&^s.AvailPorts != 0 || s.Port == 0 && s.AvailPorts != 0 {
					t.Fatalf("%s is %#x, asked was %#x", f, s.Port, v)
				}
			case f.Get(&i) != v:
				t.Fatalf("%s is %s, asked was %s", f, f.Text(&i), f.text(v))
			}
			fromReply, want := f.Get(&reply.Info), f.Get(&i)
			if asked && f.Access()&Counts != 0 {
				want = f.Get(&before)
			}
			if fromReply != want {
				t.Fatalf("the reply has %s %d, want %d", f, fromReply, want)
			}
		}
		again := i
		if _, err := again.Apply(p, r); err != nil || again != i {
			t.Fatalf("the same set again: %v, %q", err, diff(i, again))
		}
	})
}
