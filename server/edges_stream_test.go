package server_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// count are frames that hold their numbers, from first on.
func count(first uint64, frames int) []byte {
	block := make([]byte, frames*4)
	backendtest.NewCounter(audio.DefaultFormat()).Fill(block, first)
	return block
}

// heard checks that frames 1 to n were played, each once and in order; silence between
// them does not count.
func (e *edges) heard(n int) {
	e.Helper()
	var sound []byte
	for played := e.clock.Played(); len(played) > 0; played = played[4:] {
		if frame := played[:4]; !bytes.Equal(frame, []byte{0, 0, 0, 0}) {
			sound = append(sound, frame...)
		}
	}
	if len(sound) != n*4 {
		e.Fatalf("%d frames were heard, want %d", len(sound)/4, n)
	}
	if _, err := backendtest.NewCounter(audio.DefaultFormat()).Check(sound, 1); err != nil {
		e.Fatal(err)
	}
}

// drain asks over HTTP, and gives what came of it.
func (e *edges) drain(ctx context.Context, name string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- e.api.Drain(ctx, name) }()
	return done
}

// draining waits until the loop knows of a drain.
func (e *edges) draining(name string) {
	e.Helper()
	servertest.Until(e, "the drain to begin", func() bool {
		for _, s := range e.bay.Status() {
			if s.Name == name && s.Client.Draining {
				return true
			}
		}
		return false
	})
}

func TestEdge46StarvingIsOneError(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	p := e.open("speaker", pcm.Write)
	e.play(p, level(1, 1, 2*period))
	e.clock.Advance(period)
	if s := e.info().Play; s.Error || !s.Active {
		t.Errorf("it plays: %+v", s)
	}
	e.clock.Advance(10 * period)
	if s := e.info().Play; !s.Error || s.Active {
		t.Errorf("it starves: %+v", s)
	}
	e.play(p, level(1, 1, 3*period))
	e.clock.Advance(2 * period)
	if s := e.info().Play; !s.Error || !s.Active {
		t.Errorf("it goes on: %+v", s)
	}
	e.clock.Advance(5 * period) // and starves again
	events.want("speaker client open", "card open play.open false true", "speaker client underrun", "card underrun play.error false true")
}

// Each mark is an event when it is reached, and what starves behind one makes no error.
func TestEdge45ZeroLengthWrites(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	p := e.open("phone", pcm.Write)
	mark := func() {
		t.Helper()
		if n, err := p.Write(t.Context(), nil); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	}
	e.play(p, level(1, 1, 2*period))
	mark()
	mark()
	e.play(p, level(2, 2, 3*period))
	mark()
	events.want("phone client open", "card open play.open false true")
	e.clock.Advance(period)
	events.want()
	e.clock.Advance(2 * period)
	events.want("phone client eof", "phone client eof", "card eof play.eof 0 1", "card eof play.eof 1 2")
	if s := e.set("play.eof=5"); s.Info.Play.EOF != 2 { // E38
		t.Errorf("eof was %d, want 2", s.Info.Play.EOF)
	}
	e.clock.Advance(20 * period)
	if i := e.info(); i.Play.EOF != 6 || i.Play.Error || i.Play.Active {
		t.Errorf("it has starved behind a mark: %+v", i.Play)
	}
	events.want("card set play.eof 2 5", "phone client eof", "card eof play.eof 5 6")
	e.play(p, level(3, 3, 2*period))
	e.clock.Advance(20 * period)
	if i := e.info(); !i.Play.Error {
		t.Error("it has starved without a mark, and there is no error")
	}
	end, err := e.api.State(t.Context(), "phone")
	if err != nil || end.Info.Play.EOF != 3 {
		t.Errorf("eof of the loop is %d, %v", end.Info.Play.EOF, err)
	}
}

func TestEdge47Drain(t *testing.T) {
	e := newEdges(t)
	p := e.open("phone", pcm.Write)
	e.ends(<-e.drain(t.Context(), "phone"), nil) // nothing was ever written
	e.play(p, count(1, 4*period))
	e.clock.Advance(period)
	e.set("play.pause=1")
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := e.drain(ctx, "phone")
	e.draining("phone")
	e.clock.Advance(20 * period)
	select {
	case err := <-interrupted:
		t.Fatal("paused, and the drain ends:", err)
	default:
	}
	cancel()
	e.ends(<-interrupted, context.Canceled)
	first, second := e.drain(t.Context(), "phone"), e.drain(t.Context(), "phone")
	e.draining("phone")
	e.set("play.pause=0")
	e.clock.Advance(5 * period)
	e.ends(<-first, nil)
	e.ends(<-second, nil)
	e.ends(<-e.drain(t.Context(), "phone"), nil) // all is played
	if e.heard(4 * period); e.info().Play.Error {
		t.Error("who drains may run dry")
	}
}

// A close waits as long as play is paused (D22).
func TestEdge48CloseWhilePaused(t *testing.T) {
	e := newEdges(t)
	p := e.open("phone", pcm.Write)
	e.play(p, count(1, 3*period))
	e.clock.Advance(period)
	e.set("play.pause=1")
	closed := make(chan error, 1)
	go func() { closed <- p.Close(t.Context()) }()
	var l object
	servertest.Until(t, "the client to leave", func() bool {
		e.ask("GET", "/v1/loops/phone", "", &l)
		return l["clients"].([]any)[0].(object)["leaving"] == true
	})
	e.clock.Advance(20 * period)
	select {
	case err := <-closed:
		t.Fatal("the close does not wait:", err)
	default:
	}
	if i := e.info(); !i.Play.Open || !i.Play.Pause || i.RefCount != 1 {
		t.Errorf("%+v", i.Play)
	}
	e.set("play.pause=0")
	e.clock.Advance(5 * period)
	e.ends(<-closed, nil)
	e.heard(3 * period)
	if i := e.info(); i.Play.Open || i.Play.Pause || i.RefCount != 0 {
		t.Errorf("%+v", i.Play)
	}
}

func TestEdge49PauseLosesNoFrame(t *testing.T) {
	e := newEdges(t)
	p := e.open("speaker", pcm.Write)
	e.play(p, count(1, 10*period))
	for range 3 {
		e.clock.Advance(2*period + 7)
		s := e.set("play.pause=1")
		e.clock.Advance(5 * period)
		if i := e.info(); i.Play.Samples != s.Info.Play.Samples || !i.Play.Pause || i.Play.Active || i.Play.Error {
			t.Errorf("%+v, before %+v", i.Play, s.Info.Play)
		}
		e.set("play.pause=0")
	}
	e.clock.Advance(8 * period)
	e.heard(10 * period)
}

// What came before the pause can be read at once; what comes during it is never seen.
func TestEdge50RecordPause(t *testing.T) {
	e := newEdges(t)
	e.clock.Feed(backendtest.NewCounter(audio.DefaultFormat()).Fill)
	p, err := e.try("mic", pcm.Options{Direction: pcm.Read, Nonblock: true, Period: 100})
	if err != nil {
		t.Fatal(err)
	}
	e.listen(p)
	e.clock.Advance(700) // no whole period of the reader
	e.set("record.pause=1")
	e.clock.Advance(5000)
	if i := e.info(); !i.Record.Pause || i.Record.Active || i.Record.Error || i.Record.Samples != 700 {
		t.Errorf("%+v", i.Record)
	}
	block := make([]byte, 50*period*4)
	if n, err := p.Read(t.Context(), block); n != 700 || err != nil {
		t.Fatal(n, err)
	}
	counter := backendtest.NewCounter(audio.DefaultFormat())
	if _, err := counter.Check(block[:700*4], 0); err != nil {
		t.Error(err)
	}
	e.set("record.pause=0")
	e.clock.Advance(300)
	if n, err := p.Read(t.Context(), block); n != 300 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := counter.Check(block[:300*4], 5700); err != nil {
		t.Error(err)
	}
}

func TestEdge51RecordOverflow(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	e.clock.Feed(backendtest.NewCounter(audio.DefaultFormat()).Fill)
	p := e.open("mic", pcm.Read) // which holds 100 periods
	e.listen(p)
	e.clock.Advance(100 * period)
	if i := e.info(); i.Record.Error || !i.Record.Active {
		t.Errorf("the buffer is full: %+v", i.Record)
	}
	e.clock.Advance(20 * period)
	if i := e.info(); !i.Record.Error || i.Record.Samples != 120*period {
		t.Errorf("it has run over: %+v", i.Record)
	}
	counter := backendtest.NewCounter(audio.DefaultFormat())
	if _, err := counter.Check(e.take(p), 20*period); err != nil {
		t.Error(err)
	}
	e.clock.Advance(10 * period)
	if !e.info().Record.Error {
		t.Error("it is not sticky")
	}
	if s := e.set("record.error=0"); !s.Info.Record.Error {
		t.Error("the old error is lost")
	}
	e.clock.Advance(10 * period)
	if e.info().Record.Error {
		t.Error("there is room, and an error")
	}
	if _, err := counter.Check(e.take(p), 120*period); err != nil {
		t.Error(err)
	}
	events.want("mic client open", "card open record.open false true", "mic client overrun", "card overrun record.error false true", "card set record.error true false")
}

// Each once: what happens, and what somebody sets; nothing for what goes on.
func TestEdge54Events(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	p := e.open("phone", pcm.Write)
	events.want("phone client open", "card open play.open false true")
	next := e.wait("phone", pcm.Write)
	events.want("phone client waiting", "card waiting play.waiting false true")
	e.play(p, level(1, 1, period))
	for range 10 { // it starves all the time
		e.clock.Advance(period)
	}
	events.want("phone client underrun", "card underrun play.error false true")
	e.set("play.gain=9", "play.port=headphone")
	events.want(`card set play.gain 255 9 play.port "speaker" "headphone"`)
	e.refused(`{"play":{"gain":300}}`, "play.gain = 300")
	events.want()
	r := e.open("mic", pcm.Read)
	e.listen(r)
	e.clock.Advance(101 * period)
	e.clock.Advance(101 * period)
	events.want("mic client open", "card open record.open false true", "mic client overrun", "card overrun record.error false true")
	p.Abandon()
	<-next.done
	r.Abandon()
	e.clock.Advance(period)
	events.want("phone client close", "card close play.open true false", "phone client client gone", "phone client open", "card open play.open false true",
		"mic client close", "card close record.open true false", "mic client client gone")
}

// ends checks how something ended.
func (e *edges) ends(err, want error) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Errorf("%v, want %v", err, want)
	}
}
