package looptest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

func isError(err error, want *audio.Error) bool {
	return errors.Is(err, want) && errors.Is(err, want.Errno())
}

func openCases() []testCase {
	client := pcm.Options{Role: pcm.Client, Direction: pcm.Write}
	server := pcm.Options{Role: pcm.Server, Direction: pcm.Read}
	return []testCase{
		{name: "E01_D1_client_before_server_is_EAGAIN", run: func(w *world) {
			for _, nonblock := range []bool{false, true} {
				o := client
				o.Nonblock = nonblock
				_, err := w.try(o)
				w.is(err, audio.ErrNoServer)
			}
		}},
		{name: "D1_client_waits_for_its_server", run: func(w *world) {
			o := client
			o.Wait = pcm.Forever
			var c *end
			open := w.start(func() (err error) { c, err = w.try(o); return err })
			w.until("the loop shows the waiting client", func() bool { return w.status().Waiting == 1 })
			open.asleep("no server yet")
			w.server(pcm.Read)
			w.ok(open.result())
			if w.status().Waiting != 0 || c.Direction() != pcm.Write {
				w.Fatal(w.status(), c.Direction())
			}
		}},
		{name: "D1_a_bounded_wait_ends_with_ETIMEDOUT", run: func(w *world) {
			o := client
			o.Wait = 50 * time.Millisecond
			_, err := w.try(o)
			w.is(err, audio.ErrTimedOut)
			if n := w.status().Waiting; n != 0 {
				w.Fatalf("%d still wait", n)
			}
		}},
		{name: "D1_a_cancelled_wait_ends_with_EINTR", run: func(w *world) {
			ctx, cancel := context.WithCancel(w.Context())
			defer cancel()
			o := client
			o.Wait = pcm.Forever
			open := w.start(func() error { _, err := w.open(ctx, name, o); return err })
			w.until("it waits", func() bool { return w.status().Waiting == 1 })
			cancel()
			w.is(open.result(), audio.ErrInterrupted)
			w.until("nobody waits", func() bool { return w.status().Waiting == 0 })
		}},
		{name: "D1_waiting_clients_come_in_their_order", run: func(w *world) {
			o := client
			o.Wait = pcm.Forever
			var ends [3]*end
			var calls [3]*call
			for i := range calls {
				calls[i] = w.start(func() (err error) { ends[i], err = w.try(o); return err })
				w.until("it waits", func() bool { return w.status().Waiting == i+1 })
			}
			w.server(pcm.Read)
			for i, c := range calls {
				w.ok(c.result())
				if i+1 < len(calls) {
					calls[i+1].asleep("the one before holds the end")
				}
				w.ok(ends[i].Close(w.Context()))
			}
		}},
		{name: "E02_D2_server_for_both_is_EACCES", run: func(w *world) {
			both := pcm.Options{Role: pcm.Server, Direction: pcm.Read | pcm.Write}
			_, err := w.try(both)
			w.is(err, audio.ErrAccess)
			w.server(pcm.Read)
			_, err = w.try(both) // even if it is held
			w.is(err, audio.ErrAccess)
		}},
		{name: "D2_second_server_is_EBUSY", run: func(w *world) {
			s := w.server(pcm.Read)
			_, err := w.try(pcm.Options{Role: pcm.Server, Direction: pcm.Write})
			w.is(err, audio.ErrBusy)
			w.ok(s.Close(w.Context()))
			w.server(pcm.Write)
		}},
		{name: "E03_D2_of_racing_servers_one_wins", run: func(w *world) {
			for range 20 {
				var wait sync.WaitGroup
				won := make(chan *end, 8)
				for range cap(won) {
					wait.Go(func() {
						e, err := w.try(server)
						if err == nil {
							won <- e
						} else if !isError(err, audio.ErrBusy) {
							w.Error(err)
						}
					})
				}
				wait.Wait()
				if len(won) != 1 {
					w.Fatalf("%d servers won", len(won))
				}
				w.ok((<-won).Close(w.Context()))
			}
		}},
		{name: "E04_D4_second_client_is_EBUSY", run: func(w *world) {
			w.server(pcm.Read)
			c := w.client(pcm.Write)
			_, err := w.try(client)
			w.is(err, audio.ErrBusy)
			w.ok(c.Close(w.Context()))
			w.client(pcm.Write)
		}},
		{name: "E05_D6_ends_close_in_any_order_and_open_again", run: func(w *world) {
			for _, serverFirst := range []bool{true, false, true, true, false} {
				for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
					s, c := w.pair(d)
					first, second := s, c
					if !serverFirst {
						first, second = c, s
					}
					close := w.start(func() error { return first.Close(w.Context()) })
					w.leaving(first)
					w.ok(w.finish(close))
					err := w.finish(w.start(func() error { return second.Close(w.Context()) }))
					if err != nil && !(serverFirst && isError(err, audio.ErrReset)) {
						w.Fatal(err)
					}
				}
			}
		}},
		{name: "E06_D3_wrong_direction_is_EACCES_at_open", run: func(w *world) {
			w.server(pcm.Read)
			_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Read})
			w.is(err, audio.ErrAccess)
			w.client(pcm.Write)
		}},
		{name: "E07_D3_client_for_both_gets_what_the_server_permits", run: func(w *world) {
			for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
				s := w.server(d)
				c := w.client(pcm.Read | pcm.Write)
				if c.Direction() != d.Opposite() {
					w.Fatal(c.Direction())
				}
				forbidden, frame := c.Read, make([]byte, c.Format().FrameBytes())
				if d == pcm.Write {
					forbidden = c.Write
				}
				_, err := forbidden(w.Context(), frame)
				w.is(err, audio.ErrAccess)
				w.begin(s, c)
				from, to := s, c
				if d == pcm.Read {
					from, to = c, s
				}
				w.pump(from, to, 5*period)
				w.free(s, c)
			}
		}},
		{name: "open_for_nothing_or_nobody_is_EINVAL", run: func(w *world) {
			for _, o := range []pcm.Options{
				{Role: pcm.Server}, {Role: pcm.Client}, {Role: pcm.Server, Direction: 4},
				{Direction: pcm.Read}, {Role: 3, Direction: pcm.Read},
			} {
				_, err := w.try(o)
				w.is(err, audio.ErrInvalid)
			}
		}},
		{name: "unknown_loop_is_ENODEV", run: func(w *world) {
			_, err := w.open(w.Context(), "nowhere", server)
			w.is(err, audio.ErrNoDevice)
		}},
		{name: "io_on_a_closed_end_is_EBADF", run: func(w *world) {
			s := w.server(pcm.Read)
			w.ok(s.Close(w.Context()))
			_, err := s.Read(w.Context(), make([]byte, 4))
			w.is(err, audio.ErrClosed)
			w.is(s.Close(w.Context()), audio.ErrClosed)
			w.is(s.Halt(w.Context()), audio.ErrClosed)
			w.is(s.Setup(w.Context(), pcm.Setup{Format: audio.Format{}}), audio.ErrClosed)
		}},
		{name: "io_against_the_open_direction_is_ENOTSUP", run: func(w *world) {
			s := w.server(pcm.Read)
			_, err := s.Write(w.Context(), make([]byte, 4))
			w.is(err, audio.ErrUnsupported)
			_, err = s.Read(w.Context(), make([]byte, 3))
			w.is(err, audio.ErrInvalid) // not whole frames
		}},
		{name: "removed_loop_ends_its_programs", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.ok(w.bay.Remove(name))
			w.until("both ends are over", func() bool { return over(s) && over(c) })
			_, err := w.try(server)
			w.is(err, audio.ErrNoDevice)
			s.Abandon()
			c.Abandon()
			w.ok(w.bay.Add(loop.Spec{Name: name}, w.engine))
			w.pair(pcm.Write)
		}},
	}
}

// over reports whether the end has reached its end of stream.
func over(e *end) bool {
	events, _ := e.Poll(1)
	return events&pcm.Hangup != 0
}

// leaving waits until the daemon knows that the end's program is about to close it: it has, or it
// drains first.
func (w *world) leaving(e *end) {
	w.Helper()
	w.until("the daemon knows", func() bool {
		s := w.status()
		held := s.Client
		if e.Role() == pcm.Server {
			held = s.Server
		}
		return !held.Open || held.Gone || held.Draining
	})
}
