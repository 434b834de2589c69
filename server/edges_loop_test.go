package server_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// A mark that somebody tried in vain to take back is not one set by hand: it goes with the
// last who waits, though the side stays open.
func TestEdge40WaitingOfAnother(t *testing.T) {
	e := newEdges(t)
	if err := e.bay.Add(loop.Spec{Name: "other", Attached: audio.Play}, e.engine); err != nil {
		t.Fatal(err)
	}
	e.open("other", pcm.Write)
	holder := e.open("phone", pcm.Write)
	next := e.wait("phone", pcm.Write)
	e.until("somebody to wait", waiting(true, false))
	e.same("ignored", e.set("play.waiting=0").Ignored, "play.waiting")
	holder.Abandon()
	if <-next.done; next.err != nil {
		t.Fatal(next.err)
	}
	if i := e.info(); i.Play.Waiting {
		t.Error("nobody waits, and the mark is there")
	}
}

// One starving is one error: after a reset there is none before it has had sound again.
func TestEdge37ResetWhileItStarves(t *testing.T) {
	e := newEdges(t)
	p := e.open("speaker", pcm.Write)
	e.play(p, level(1, 1, period))
	e.clock.Advance(3 * period)
	if !e.set("play.error=0").Info.Play.Error {
		t.Error("no error")
	}
	e.clock.Advance(3 * period)
	if e.set("play.error=0").Info.Play.Error {
		t.Error("the second returns an error, and it is the same burst")
	}
}

// The same of one who does not read.
func TestEdge51ResetWhileItOverflows(t *testing.T) {
	e := newEdges(t)
	p := e.open("mic", pcm.Read)
	e.listen(p)
	e.clock.Advance(110 * period)
	if !e.set("record.error=0").Info.Record.Error {
		t.Error("no error")
	}
	e.clock.Advance(3 * period)
	if e.info().Record.Error {
		t.Error("an error again, and it is the same burst")
	}
}

// After a reset the next error is news again (D26).
func TestEdge54ErrorAfterAResetIsAnEvent(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	p := e.open("speaker", pcm.Write)
	events.want("speaker client open", "card open play.open false true")
	for n := range 2 {
		e.play(p, level(1, 1, 2*period))
		e.clock.Advance(5 * period)
		if n == 0 { // its own flag stays up
			events.want("speaker client underrun", "card underrun play.error false true")
		} else {
			events.want("card underrun play.error false true")
		}
		e.set("play.error=0")
		events.want("card set play.error true false")
	}
}

// Nothing moves once the device has stopped.
func TestEdge46ActiveEndsWithTheSession(t *testing.T) {
	e := newEdges(t)
	p := e.open("speaker", pcm.Write)
	e.play(p, level(1, 1, 10*period))
	e.clock.Advance(2 * period)
	if err := p.Halt(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.clock.Advance(2 * period)
	if e.info().Play.Active {
		t.Error("it is halted, and active")
	}
	r := e.open("mic", pcm.Read)
	e.listen(r)
	e.clock.Advance(2 * period)
	r.Abandon()
	e.open("mic", pcm.Read)
	if e.info().Record.Active {
		t.Error("it has not begun, and is active")
	}
}

// A program that dies while play is paused leaves nothing behind (D22).
func TestEdge48DeathWhilePaused(t *testing.T) {
	e := newEdges(t)
	p := e.open("phone", pcm.Write)
	e.play(p, count(1, 3*period))
	e.clock.Advance(period)
	e.set("play.pause=1")
	p.Abandon()
	e.clock.Advance(5 * period)
	e.until("it to be gone", holding(false, false, 0))
	e.set("play.pause=0")
	e.clock.Advance(5 * period)
	e.heard(period)
}
