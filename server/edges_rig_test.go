package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// The edge cases of audio(7I), as an operator meets them over HTTP while programs play and
// record on a device whose clock the test cranks. Each test has the number of its case.

// period of the device of a panel, in frames.
const period = 480

// edges is a panel with the API of Go programs, and loops that take one client each.
type edges struct {
	*panel
	api *control.Client
}

func newEdges(t *testing.T) *edges {
	p := newPanel(t)
	for name, side := range map[string]audio.Direction{"phone": audio.Play, "tape": audio.Record} {
		if err := p.bay.Add(loop.Spec{Name: name, Attached: side, Clients: loop.Exclusive}, p.engine); err != nil {
			t.Fatal(err)
		}
	}
	return &edges{p, control.New(strings.TrimSuffix(p.path, control.Socket("")))}
}

func (e *edges) info() state.Info {
	e.Helper()
	d, err := e.api.State(e.Context(), "card")
	if err != nil {
		e.Fatal(err)
	}
	return d.Info
}

// set has to work; no time passes.
func (e *edges) set(args ...string) api.Set {
	e.Helper()
	p, err := state.ParsePatch(args...)
	if err != nil {
		e.Fatal(err)
	}
	s, err := e.api.Set(e.Context(), "card", p)
	if err != nil {
		e.Fatal(err)
	}
	return s
}

// settle is a set, and the period over which levels change.
func (e *edges) settle(args ...string) {
	e.Helper()
	e.set(args...)
	e.clock.Advance(period)
}

// refused is a request of JSON that fails with these words and changes nothing.
func (e *edges) refused(body, words string) {
	e.Helper()
	before := e.info()
	var reply object
	if code := e.ask("PATCH", "/v1/devices/card", body, &reply); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(reply["error"]), words) {
		e.Errorf("%s: %d %v, want %q", body, code, reply["error"], words)
	}
	if now := e.info(); now != before {
		e.Errorf("%s was refused, and changed %v", body, state.Changes(&before, &now))
	}
}

// open is a program; nothing happens before it writes, or polls.
func (e *edges) open(name string, d audio.Direction) *pcm.PCM {
	e.Helper()
	p, err := e.try(name, pcm.Options{Direction: d})
	if err != nil {
		e.Fatal(err)
	}
	return p
}

// try opens a client with a long buffer.
func (e *edges) try(name string, o pcm.Options) (*pcm.PCM, error) {
	o.Role, o.Buffer = pcm.Client, 100*period
	p, err := e.bay.Open(e.Context(), name, o)
	if err == nil {
		e.Cleanup(p.Abandon)
	}
	return p, err
}

// play writes whole frames of S16_LE, which have to fit.
func (e *edges) play(p *pcm.PCM, sound []byte) {
	e.Helper()
	if n, err := p.Write(e.Context(), sound); err != nil || n != len(sound)/4 {
		e.Fatal(n, err)
	}
}

// listen starts a program that records.
func (e *edges) listen(p *pcm.PCM) {
	e.Helper()
	if _, err := p.Poll(1); err != nil || p.State() != ring.Running {
		e.Fatal(p.State(), err)
	}
}

// take reads what is there, without waiting.
func (e *edges) take(p *pcm.PCM) []byte {
	e.Helper()
	block := make([]byte, p.Delay()*4)
	if n, err := p.Read(e.Context(), block); err != nil || n*4 != len(block) {
		e.Fatal(n, err)
	}
	return block
}

// until waits for what other goroutines do to the state of the device.
func (e *edges) until(what string, ready func(state.Info) bool) {
	e.Helper()
	servertest.Until(e, what, func() bool { return ready(e.info()) })
}

// level is S16_LE with left and right always the same.
func level(left, right int16, frames int) []byte {
	frame := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(left)), uint16(right))
	return bytes.Repeat(frame, frames)
}

// sine is S16_LE of this amplitude, on both channels, from a frame on.
func sine(block []byte, hertz, amplitude float64, first uint64) {
	for i := 0; i < len(block); i += 4 {
		v := int16(math.RoundToEven(32767 * amplitude * math.Sin(2*math.Pi*hertz/48000*float64(first+uint64(i/4)))))
		binary.LittleEndian.PutUint16(block[i:], uint16(v))
		binary.LittleEndian.PutUint16(block[i+2:], uint16(v))
	}
}

// last is the last frame of S16_LE.
func last(sound []byte) (left, right int16) {
	frame := sound[len(sound)-4:]
	return int16(binary.LittleEndian.Uint16(frame)), int16(binary.LittleEndian.Uint16(frame[2:]))
}

// stream is what an operator who follows the events sees.
type stream struct {
	*edges
	lines *bufio.Scanner
	marks int
}

func (e *edges) events() *stream {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), hang)
	e.Cleanup(cancel)
	q, err := http.NewRequestWithContext(ctx, "GET", "http://x/v1/events", nil)
	if err != nil {
		e.Fatal(err)
	}
	r, err := e.http.Do(q)
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { r.Body.Close() })
	s := &stream{edges: e, lines: bufio.NewScanner(r.Body)}
	s.lines.Scan() // the greeting: it listens
	return s
}

// next is an event in words: "speaker client open", "card set play.gain 255 1".
func (s *stream) next() string {
	s.Helper()
	for s.lines.Scan() {
		text, found := strings.CutPrefix(s.lines.Text(), "data: ")
		if !found {
			continue
		}
		var e api.Event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			s.Fatal(err)
		}
		words := strings.Trim(e.Device+e.Loop+" "+e.End, " ") + " " + e.Kind
		for _, c := range e.Changes {
			words += fmt.Sprintf(" %s %s %s", c.Field, c.Old, c.New)
		}
		return words
	}
	s.Fatal(errors.Join(errors.New("the stream of events has ended"), s.lines.Err()))
	return ""
}

// want checks that these events came, and no other, up to a set that it makes itself.
func (s *stream) want(events ...string) {
	s.Helper()
	for i, want := range events {
		if got := s.next(); got != want {
			s.Fatalf("event %d is %q, want %q", i, got, want)
		}
	}
	s.marks++
	s.set(fmt.Sprintf("record.balance=%d", s.marks%2))
	var more []string
	for e := s.next(); !strings.HasPrefix(e, "card set record.balance "); e = s.next() {
		more = append(more, e)
	}
	if len(more) > 0 {
		s.Errorf("events beyond the %d: %q", len(events), more)
	}
}

// changesOf are the changes of a set in words.
func changesOf(s api.Set) []string {
	all := []string{}
	for _, c := range s.Changes {
		all = append(all, fmt.Sprintf("%s %s %s", c.Field, c.Old, c.New))
	}
	return all
}

func (e *edges) same(what string, got []string, want ...string) {
	e.Helper()
	if !slices.Equal(got, want) {
		e.Errorf("%s: %q, want %q", what, got, want)
	}
}
