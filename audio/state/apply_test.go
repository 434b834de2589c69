package state

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// apply must be accepted; it gives what changed, as lines.
func apply(t testing.TB, i *Info, r Rules, args ...string) (Reply, []string) {
	t.Helper()
	before := *i
	reply, err := i.Apply(mustPatch(t, args...), r)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	if reply.Changed != changed(&before, i) {
		t.Errorf("%q: the reply names other changes than %q", args, diff(before, *i))
	}
	return reply, diff(before, *i)
}

// refused must be refused with this text, and change nothing.
func refused(t testing.TB, i *Info, r Rules, want string, args ...string) {
	t.Helper()
	before := *i
	reply, err := i.Apply(mustPatch(t, args...), r)
	if err == nil || err.Error() != want || *i != before || reply.Info != (Info{}) || reply.Changed != 0 || reply.Ignored != 0 {
		t.Errorf("%q: %v, changed %q\nwant %s", args, err, diff(before, *i), want)
	}
}

func names(s FieldSet) string {
	var all []string
	for f := range s.All() {
		all = append(all, f.Name())
	}
	return strings.Join(all, " ")
}

func TestD18Edge34NothingSet(t *testing.T) {
	i := openCard()
	reply, lines := apply(t, &i, cardRules())
	if len(lines) != 0 || reply.Info != openCard() || reply.Changed != 0 || reply.Ignored != 0 {
		t.Errorf("an empty set changed %q, reply %+v", lines, reply)
	}
}

func TestD18Edge35OneBadAmongGood(t *testing.T) {
	i := openCard()
	refused(t, &i, cardRules(), "play.port = speaker+spdif_out: spdif_out is not available, use one or more of speaker+headphone+line_out\n"+
		"record.sample_rate = 44100: only the program that holds the stream sets the format, leave it at 48000",
		"play.gain=1", "play.error=0", "play.port=speaker+spdif_out", "play.pause=1", "record.sample_rate=44100", "monitor_gain=9", "play.samples=0")
}

func TestD19Edge36Gain255Balance64(t *testing.T) {
	i := card()
	i.Play.Gain, i.Record.Gain = 1, 1
	_, lines := apply(t, &i, cardRules(), "play.gain=255", "record.gain=255", "monitor_gain=255", "play.balance=64", "record.balance=0", "output_muted=1")
	want := []string{"play.gain: 1 -> 255", "play.balance: 32 -> 64", "record.gain: 1 -> 255", "record.balance: 32 -> 0", "monitor_gain: 0 -> 255", "output_muted: 0 -> 1"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}

func TestD18Edge37ErrorReturnsTheOldValue(t *testing.T) {
	i := openCard()
	reply, lines := apply(t, &i, cardRules(), "play.error=0")
	if !reply.Info.Play.Error || !slices.Equal(lines, []string{"play.error: 1 -> 0"}) || !reply.Info.Record.Error {
		t.Errorf("the first set: old error %v, changed %q", reply.Info.Play.Error, lines)
	}
	reply, lines = apply(t, &i, cardRules(), "play.error=0")
	if reply.Info.Play.Error || len(lines) != 0 {
		t.Errorf("the second set: old error %v, changed %q", reply.Info.Play.Error, lines)
	}
	i.Play.Error = true // raised between two sets: the next one returns it
	if reply, _ = apply(t, &i, cardRules(), "play.error=0", "record.error=0"); !reply.Info.Play.Error || i.Play.Error {
		t.Error("an error between two sets is lost")
	}
	if reply, _ = apply(t, &i, cardRules(), "play.error=1"); reply.Info.Play.Error || !i.Play.Error {
		t.Error("an error set by hand is not there")
	}
}

func TestD18Edge38CountersReturnTheOldValue(t *testing.T) {
	i := openCard()
	reply, lines := apply(t, &i, cardRules(), "play.samples=0", "play.eof=2", "record.samples=7", "record.eof=9", "play.gain=3")
	if r := reply.Info; r.Play.Samples != 1234 || r.Play.EOF != 5 || r.Record.Samples != 1234 || r.Record.EOF != 0 || r.Play.Gain != 3 {
		t.Errorf("the reply is %+v", r)
	}
	if want := []string{"play.gain: 255 -> 3", "play.samples: 1234 -> 0", "play.eof: 5 -> 2", "record.samples: 1234 -> 7"}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
	if names(reply.Ignored) != "record.eof" {
		t.Errorf("ignored %s, want record.eof", names(reply.Ignored))
	}
}

func TestD18Edge39ClosedDirection(t *testing.T) {
	flags := []string{"play.pause=1", "play.error=1", "play.eof=4", "play.waiting=1", "record.pause=1", "record.error=1", "record.waiting=1"}
	i := card()
	reply, lines := apply(t, &i, cardRules(), flags...)
	if len(lines) != 0 || reply.Info != card() || names(reply.Ignored) != "play.eof play.pause play.error play.waiting record.pause record.error record.waiting" {
		t.Errorf("closed: changed %q, ignored %s", lines, names(reply.Ignored))
	}
	i.Record.Open = true
	if _, lines = apply(t, &i, cardRules(), flags...); !slices.Equal(lines, []string{"record.pause: 0 -> 1", "record.error: 0 -> 1", "record.waiting: 0 -> 1"}) {
		t.Errorf("record open: %q", lines)
	}
	if _, lines = apply(t, &i, cardRules(), "play.gain=9", "play.samples=6"); !slices.Equal(lines, []string{"play.gain: 255 -> 9", "play.samples: 0 -> 6"}) {
		t.Errorf("gain and samples of a closed side: %q", lines)
	}
}

func TestD21Edge40WaitingIsOnlySet(t *testing.T) {
	i := openCard()
	if _, lines := apply(t, &i, cardRules(), "play.waiting=1"); !slices.Equal(lines, []string{"play.waiting: 0 -> 1"}) {
		t.Errorf("waiting=1: %q", lines)
	}
	if reply, lines := apply(t, &i, cardRules(), "play.waiting=0"); len(lines) != 0 || names(reply.Ignored) != "play.waiting" {
		t.Errorf("waiting=0: %q, ignored %s", lines, names(reply.Ignored))
	}
	if i.Closed(audio.Record, 0); !i.Play.Waiting {
		t.Error("the close of record cleared play.waiting")
	}
	if i.Closed(audio.Play, 0); i.Play.Waiting {
		t.Error("the close of play left play.waiting")
	}
}

func TestD22PauseIsNotActive(t *testing.T) {
	i := openCard()
	if _, lines := apply(t, &i, cardRules(), "play.pause=1"); !slices.Equal(lines, []string{"play.pause: 0 -> 1", "play.active: 1 -> 0"}) {
		t.Errorf("pause: %q", lines)
	}
	if _, lines := apply(t, &i, cardRules(), "play.pause=1"); len(lines) != 0 {
		t.Errorf("pause again: %q", lines)
	}
	if _, lines := apply(t, &i, cardRules(), "play.pause=0"); !slices.Equal(lines, []string{"play.pause: 1 -> 0"}) {
		t.Errorf("resume: %q", lines) // active again when data move
	}
}

func TestD23Edge59Ports(t *testing.T) {
	r := cardRules()
	i := card()
	if _, lines := apply(t, &i, r, "play.port=headphone+line_out", "record.port=0x4"); !slices.Equal(lines, []string{"play.port: speaker -> headphone+line_out", "record.port: microphone -> cd"}) {
		t.Errorf("%q", lines)
	}
	refused(t, &i, r, "play.port = none: a port must be in use, use one or more of speaker+headphone+line_out", "play.port=0")
	refused(t, &i, r, "play.port = 0x100: 0x100 is not available, use one or more of speaker+headphone+line_out", "play.port=0x100")
	refused(t, &i, r, "record.port = line_in+aux1_in: aux1_in is not available, use one or more of microphone+line_in+cd", "record.port=line_in+aux1_in")
	r.Record.Exclusive = true
	refused(t, &i, r, "record.port = microphone+line_in: only one at a time, use one of microphone, line_in, cd", "record.port=3")
	apply(t, &i, r, "record.port=line_in", "play.port=7")

	i.Play.ModPorts = audio.PortHeadphone | audio.PortLineOut // the speaker is fixed
	i.Play.Plugged(7)
	if _, lines := apply(t, &i, r, "play.port=line_out"); !slices.Equal(lines, []string{"play.port: speaker+headphone+line_out -> speaker+line_out"}) {
		t.Errorf("a fixed port: %q, want it kept", lines)
	}
	r.Play.Exclusive = true
	apply(t, &i, r, "play.port=speaker+headphone")
	refused(t, &i, r, "play.port = speaker+headphone+line_out: only one at a time, use one of speaker, headphone, line_out", "play.port=7")

	i.Play.AvailPorts, i.Play.Port = 0, 0
	apply(t, &i, r, "play.port=none")
	refused(t, &i, r, "play.port = speaker: there are no ports, leave it at none", "play.port=speaker")
}

func TestD20MonitorNeedsAnInput(t *testing.T) {
	i := card()
	apply(t, &i, cardRules(), "monitor_gain=30")
	i.HW = HWPlay
	apply(t, &i, cardRules(), "monitor_gain=30")
	refused(t, &i, cardRules(), "monitor_gain = 31: there is no input to monitor, leave it at 30", "monitor_gain=31")
}

func TestD24Edge53BufferSize(t *testing.T) {
	i := card()
	for text, want := range map[string]int{
		"4096": 4096, "4099": 4096, "4097": 4096, "1920": 1920, "1919": 1920, "1": 1920,
		"192000": 192000, "192004": 192000, "4294967295": 192000, "191999": 191996,
	} {
		if apply(t, &i, cardRules(), "record.buffer_size="+text); i.Record.BufferBytes != want {
			t.Errorf("%s is %d, want %d", text, i.Record.BufferBytes, want)
		}
	}
	refused(t, &i, Rules{}, "play.buffer_size = 4096: it cannot be changed here, leave it at 19200", "play.buffer_size=4096")
	apply(t, &i, Rules{}, "play.buffer_size=19200")

	free := cardRules()
	free.Record.Format = FormatFree
	apply(t, &i, free, "record.buffer_size=4096")
	for _, c := range []struct {
		args string
		want int
	}{
		{"record.channels=1", 9600},                                                                   // back to the default
		{"record.buffer_size=5001 record.encoding=S32_LE", 5000},                                      // in the new frames
		{"record.channels=1", 5000},                                                                   // no change of format
		{"record.channels=6 record.buffer_size=1", 480 * 24},                                          // a fragment
		{"record.sample_rate=8000 record.channels=1 record.encoding=MU_LAW record.precision=8", 4800}, //
	} {
		if apply(t, &i, free, strings.Fields(c.args)...); i.Record.BufferBytes != c.want {
			t.Errorf("%s: %d bytes, want %d", c.args, i.Record.BufferBytes, c.want)
		}
	}
}

func TestD11Format(t *testing.T) {
	same := []string{"play.sample_rate=48000", "play.channels=2", "play.precision=16", "play.encoding=S16_LE"}
	for _, rule := range []FormatRule{FormatFixed, FormatBusy, FormatFree} {
		i, r := openCard(), Rules{Play: SideRules{Format: rule}}
		if _, lines := apply(t, &i, r, same...); len(lines) != 0 {
			t.Errorf("rule %d: the present values changed %q", rule, lines)
		}
		refused(t, &i, r, "play.precision = 24: it follows from the encoding, leave it at 16 or set the encoding", "play.precision=24")
	}
	i, busy := openCard(), Rules{Play: SideRules{Format: FormatBusy}}
	refused(t, &i, busy, "play.channels = 1: the stream runs, leave it at 2 or halt first", "play.channels=1", "play.gain=3")
	_, err := i.Apply(mustPatch(t, "play.channels=1"), busy)
	if e, _ := errors.AsType[*audio.Error](err); e != audio.ErrBusy {
		t.Errorf("the errno is that of %v, want EBUSY", e)
	}
	_, err = i.Apply(mustPatch(t, "play.channels=1", "monitor_gain=1", "record.channels=1"), busy)
	if e, _ := errors.AsType[*audio.Error](err); e != audio.ErrInvalid || !errors.Is(err, audio.ErrBusy) {
		t.Errorf("the errno is that of %v, want EINVAL before EBUSY", e)
	}

	free := cardRules()
	free.Play.Format = FormatFree
	refused(t, &i, free, "play.sample_rate = 0: out of range, use 1000..768000\nplay.encoding = none: out of range, use "+audio.EncodingNames(), "play.sample_rate=0", "play.encoding=none")
	_, lines := apply(t, &i, free, "play.encoding=S24_3LE", "play.precision=24")
	if want := []string{"play.precision: 16 -> 24", "play.encoding: S16_LE -> S24_3LE", "play.buffer_size: 19200 -> 28800"}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
	none := NewInfo(audio.DefaultFormat(), HWRecord, free)
	refused(t, &none, free, "play.channels = 1: only the program that holds the stream sets the format, leave it at 0", "play.channels=1")
}

// The engine applies sets between two cycles.
func TestApplyAllocatesNothing(t *testing.T) {
	i := openCard()
	p := mustPatch(t, "play.gain=3", "play.port=headphone", "play.samples=0", "record.buffer_size=9999", "record.eof=1", "monitor_gain=4", "play.pause=1")
	r := cardRules()
	if n := testing.AllocsPerRun(100, func() {
		if _, err := i.Apply(p, r); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
