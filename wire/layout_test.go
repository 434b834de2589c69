package wire_test

import (
	"encoding/binary"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/wire"
)

// The table that an implementer reads is the one that Layout gives.
func TestLayoutIsWhatTheDocumentationSays(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var rows []wire.Word
	row := regexp.MustCompile(`^//\t +(\d+) +(32|64)  (.{12}) `)
	for line := range strings.Lines(string(doc)) {
		if m := row.FindStringSubmatch(line); m != nil {
			offset, _ := strconv.Atoi(m[1])
			bits, _ := strconv.Atoi(m[2])
			rows = append(rows, wire.Word{Name: strings.TrimSpace(m[3]), Offset: offset, Bits: bits})
		}
	}
	if !slices.Equal(rows, wire.Layout()) {
		t.Errorf("doc.go has the table\n%v\nLayout is\n%v", rows, wire.Layout())
	}
}

// shared is memory with a ring in it, as both sides see it.
type shared struct {
	t   *testing.T
	mem []byte
}

// word is the value that is at the place of a word.
func (s shared) word(name string) uint64 {
	for _, w := range wire.Layout() {
		switch {
		case w.Name != name:
		case w.Bits == 32:
			return uint64(binary.LittleEndian.Uint32(s.mem[w.Offset:]))
		default:
			return binary.LittleEndian.Uint64(s.mem[w.Offset:])
		}
	}
	s.t.Fatalf("no word %q", name)
	return 0
}

// changes runs f and checks that the words have the values given, and that not a
// byte of the header outside of them has changed.
func (s shared) changes(f func(), want map[string]uint64) {
	s.t.Helper()
	before := slices.Clone(s.mem)
	f()
	allowed := make([]bool, ring.HeaderBytes)
	for _, w := range wire.Layout() {
		value, ok := want[w.Name]
		if !ok {
			continue
		}
		for i := range w.Bits / 8 {
			allowed[w.Offset+i] = true
		}
		if got := s.word(w.Name); got != value {
			s.t.Errorf("%s is %#x, want %#x", w.Name, got, value)
		}
	}
	for i := range allowed {
		if !allowed[i] && s.mem[i] != before[i] {
			s.t.Errorf("byte %d has changed from %#x to %#x; only %v may", i, before[i], s.mem[i], want)
		}
	}
}

// Every word is where Layout says, and each operation writes its own words only.
func TestLayoutIsWhatTheRingWrites(t *testing.T) {
	format := audio.Format{Rate: 44100, Channels: 3, Encoding: audio.S24LE3}
	spec := ring.Spec{Format: format, Capacity: 1000, Playback: true}
	s := shared{t, ring.Memory(spec.Bytes())}
	var play *ring.Ring
	s.changes(func() { play, _ = ring.New(s.mem, spec) }, map[string]uint64{
		"magic": ring.Magic, "version": ring.Version, "capacity": 1000, "frame bytes": 9,
		"rate": 44100, "channels": 3, "encoding": uint64(audio.S24LE3), "playback": 1,
	})
	const why = audio.MaxChannels + 0x5000 // any number
	s.changes(func() { play.Publish(ring.Ended, why) }, map[string]uint64{"state": uint64(ring.Ended), "errno": why})
	s.changes(play.AckStart, map[string]uint64{"starts": 1})
	s.changes(func() { play.CountXrun(true, 1<<40) }, map[string]uint64{"xruns": 1, "xrun frames": 1 << 40})
	s.changes(func() { play.SetClock(1 << 60) }, map[string]uint64{"clock": 1 << 60})
	s.changes(func() { play.WakeAt(1 << 50) }, map[string]uint64{"wake": 1 << 50})
	s.changes(func() { ring.Writer{Ring: play}.Write(make([]byte, 9*300)) }, map[string]uint64{"program": 300})
	s.changes(func() { ring.NewSource(play).Take(200) }, map[string]uint64{"daemon": 200})

	spec.Playback = false
	s = shared{t, ring.Memory(spec.Bytes())}
	capture, _ := ring.New(s.mem, spec)
	if got := s.word("playback"); got != 0 {
		t.Errorf("playback is %d on a ring that the program reads", got)
	}
	sink := ring.NewSink(capture)
	s.changes(func() { sink.Give(1000) }, map[string]uint64{"daemon": 1000})
	s.changes(func() { ring.Reader{Ring: capture}.Read(make([]byte, 9*100)) }, map[string]uint64{"program": 100})
	s.changes(func() { _, _, _, _ = sink.Reserve(150) }, map[string]uint64{"program": 150}) // the oldest 50 are dropped
}

// Frame n is at n modulo capacity behind the header page.
func TestFramesAreWhereTheDocumentationSays(t *testing.T) {
	format := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}
	mem := ring.Memory(ring.Spec{Format: format, Capacity: 10}.Bytes())
	if len(mem) != 4096+10 {
		t.Fatalf("%d bytes for 10 frames of 1 byte", len(mem))
	}
	r, err := ring.New(mem, ring.Spec{Format: format, Capacity: 10, Playback: true})
	if err != nil {
		t.Fatal(err)
	}
	w, s := ring.Writer{Ring: r}, ring.NewSource(r)
	w.Write([]byte{1, 2, 3, 4, 5, 6, 7})
	s.Take(5)
	w.Write([]byte{8, 9, 10, 11, 12})
	if want := []byte{11, 12, 3, 4, 5, 6, 7, 8, 9, 10}; !slices.Equal(mem[4096:], want) {
		t.Errorf("frames are %v, want %v", mem[4096:], want)
	}
}
