package server_test

import (
	"context"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// opening is an open that may wait.
type opening struct {
	done   chan struct{}
	p      *pcm.PCM
	err    error
	cancel context.CancelFunc
}

// wait opens for as long as it takes.
func (e *edges) wait(name string, d audio.Direction) *opening {
	ctx, cancel := context.WithCancel(e.Context())
	o := &opening{done: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(o.done)
		o.p, o.err = e.bay.Open(ctx, name, pcm.Options{Role: pcm.Client, Direction: d, Wait: pcm.Forever})
	}()
	e.Cleanup(func() {
		cancel()
		if <-o.done; o.err == nil {
			o.p.Abandon()
		}
	})
	return o
}

// waiting is what the state says of both sides.
func waiting(play, record bool) func(state.Info) bool {
	return func(i state.Info) bool { return i.Play.Waiting == play && i.Record.Waiting == record }
}

// holding is the same of open.
func holding(play, record bool, clients int) func(state.Info) bool {
	return func(i state.Info) bool {
		return i.Play.Open == play && i.Record.Open == record && i.RefCount == clients
	}
}

// A device of exclusive loops is that of audio(7I): one writer, one reader. Who wants both
// directions opens both loops, and waits for both.
func TestEdge41ReaderWriterAndBoth(t *testing.T) {
	e := newEdges(t)
	writer, reader := e.open("phone", pcm.Write), e.open("tape", pcm.Read)
	e.until("both to be open", holding(true, true, 2))
	play, record := e.wait("phone", pcm.Write), e.wait("tape", pcm.Read)
	e.until("both to be waited for", waiting(true, true))
	reader.Abandon()
	<-record.done
	e.until("one to be waited for", waiting(true, false))
	e.until("it to be let in", holding(true, true, 2))
	select {
	case <-play.done:
		t.Error("it has play, which is held")
	default:
	}
	writer.Abandon()
	<-play.done
	e.until("nobody to wait", waiting(false, false))
	if e.until("both to be open", holding(true, true, 2)); play.err != nil || record.err != nil {
		t.Error(play.err, record.err)
	}
}

// D3: an open for both directions is let in for the one that there is.
func TestEdge41BothDirectionsOfOneLoop(t *testing.T) {
	e := newEdges(t)
	both := e.open("phone", pcm.Read|pcm.Write)
	if _, err := e.try("phone", pcm.Options{Direction: pcm.Read}); both.Direction() != pcm.Write {
		t.Error(both.Direction(), err)
	} else {
		servertest.Is(t, err, audio.ErrAccess)
	}
	e.until("play to be open", holding(true, false, 1))
}

// One who gives up takes the mark along only if nobody else waits.
func TestEdge42BlockedOpenIsInterrupted(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	e.open("phone", pcm.Write)
	first, second := e.wait("phone", pcm.Write), e.wait("phone", pcm.Write)
	servertest.Until(t, "both to wait", func() bool { return e.bay.Status()[1].Waiting == 2 })
	first.cancel()
	<-first.done
	servertest.Is(t, first.err, audio.ErrInterrupted)
	if !waiting(true, false)(e.info()) {
		t.Error("another still waits, and the mark has gone")
	}
	second.cancel()
	<-second.done
	servertest.Is(t, second.err, audio.ErrInterrupted)
	if !waiting(false, false)(e.info()) {
		t.Error("nobody waits, and the mark is there")
	}
	events.want("phone client open", "card open play.open false true", "phone client waiting", "card waiting play.waiting false true") // once for both
}

func TestEdge43NoWaitIsBusyAndUnmarked(t *testing.T) {
	e := newEdges(t)
	events := e.events()
	e.open("phone", pcm.Write)
	before := e.info()
	_, err := e.try("phone", pcm.Options{Direction: pcm.Write})
	servertest.Is(t, err, audio.ErrBusy)
	if e.info() != before {
		t.Errorf("%+v", e.info())
	}
	events.want("phone client open", "card open play.open false true")
}

// The control device is the API: it opens at any time, and its close changes nothing.
func TestEdge44ControlBesideData(t *testing.T) {
	e := newEdges(t)
	p := e.open("phone", pcm.Write)
	e.play(p, level(1, 1, 20*period))
	e.clock.Advance(2 * period)
	e.set("play.waiting=1", "play.gain=7")
	before := e.info()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 8)
	for range cap(ended) {
		go func() { ended <- e.api.Events(ctx, func(api.Event) {}) }()
	}
	events := e.events()
	events.want()
	cancel()
	for range cap(ended) {
		<-ended
	}
	e.http.CloseIdleConnections()
	after := e.info()
	if after.Record.Balance = before.Record.Balance; after != before || before.RefCount != 1 {
		t.Errorf("%v", state.Changes(&before, &after))
	}
	e.clock.Advance(2 * period)
	if i := e.info(); i.Play.Samples != 4*period || i.Play.Error {
		t.Errorf("%+v", i.Play)
	}
}
