package looptest

import (
	"context"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// transfer is the read or write of one period in which a server sleeps for its client.
func (e *end) transfer(ctx context.Context) error {
	block := make([]byte, period*e.Format().FrameBytes())
	if e.Direction() == pcm.Read {
		_, err := e.Read(ctx, block)
		return err
	}
	e.counter.Fill(block, e.next)
	n, err := e.Write(ctx, block)
	e.next += uint64(n)
	return err
}

func pauseCases() []testCase {
	both := []audio.Direction{pcm.Read, pcm.Write}
	impatient := loop.Spec{StartTimeout: 40 * time.Millisecond}
	return []testCase{
		{name: "E09_D7_server_pauses_even_non_blocking_and_can_be_interrupted", run: func(w *world) {
			for _, d := range both {
				s := w.must(pcm.Options{Role: pcm.Server, Direction: d, Nonblock: true})
				for range 2 { // and it may retry
					ctx, cancel := context.WithCancel(w.Context())
					io := w.start(func() error { return s.transfer(ctx) })
					w.until("it is armed", func() bool { return w.status().Server.State == ring.Armed })
					w.tick(100)
					io.asleep("there is no client")
					cancel()
					w.is(io.result(), audio.ErrInterrupted)
				}
				w.ok(s.Close(w.Context()))
			}
		}},
		{name: "E10_D7_client_that_does_no_io_does_not_end_the_pause", run: func(w *world) {
			for _, d := range both {
				s := w.server(d)
				w.fill(s)
				io := w.start(func() error { return s.transfer(w.Context()) })
				c := w.client(d.Opposite())
				if d == pcm.Read {
					_, err := c.Poll(1) // there is room: no start
					w.ok(err)
				}
				w.tick(100)
				io.asleep("the client has not started")
				s.Abandon()
				w.is(io.result(), audio.ErrClosed)
				c.Abandon()
				w.until("both are gone", func() bool { return !w.status().Client.Open })
			}
		}},
		{name: "E11_D7_client_that_is_there_already_is_not_waited_for", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			c.put(2 * period)
			w.until("the client is armed", func() bool { return w.status().Client.State == ring.Armed })
			s.arm()
			w.until("it runs", func() bool { return s.State() == ring.Running })
			w.tick(3)
			s.take(2 * period)
		}},
		{name: "E12_D7_client_that_leaves_without_io_changes_nothing", run: func(w *world) {
			s := w.server(pcm.Read)
			io := w.start(func() error { return s.transfer(w.Context()) })
			w.until("it is armed", func() bool { return w.status().Server.State == ring.Armed })
			w.ok(w.client(pcm.Write).Close(w.Context()))
			w.tick(10)
			io.asleep("its client has not started")
			c := w.client(pcm.Write)
			c.put(period)
			w.until("it runs", func() bool { return c.State() == ring.Running })
			w.tick(2)
			w.ok(io.result())
		}},
		{name: "E13_D8_poll_in_the_pause_is_not_ready_and_never_blocks", run: func(w *world) {
			for _, d := range both {
				s := w.server(d)
				w.fill(s)
				events, err := s.Poll(1)
				w.ok(err)
				if events != 0 {
					w.Fatalf("ready for %b without a client", events)
				}
				c := w.client(d.Opposite())
				w.begin(s, c) // a poll has started the server: it need not read first
				ready := pcm.Writable
				if d == pcm.Read {
					ready = pcm.Readable
				}
				if d == pcm.Read || w.buffers {
					w.tick(2)
				}
				if events, err = s.Poll(1); err != nil || events != ready {
					w.Fatalf("ready for %b, %v", events, err)
				}
				w.free(s, c)
			}
		}},
		{name: "D8_wait_sleeps_until_poll_is_ready", run: func(w *world) {
			s := w.server(pcm.Read)
			io := w.start(func() error { _, err := s.Wait(w.Context(), period); return err })
			io.asleep("no client")
			c := w.client(pcm.Write)
			c.put(2 * period)
			w.until("it runs", func() bool { return c.State() == ring.Running })
			w.tick(3)
			w.ok(io.result())
			s.take(2 * period)
		}},
		{name: "E14_D7_server_that_dies_in_its_pause_leaves_the_loop_free", run: func(w *world) {
			s := w.server(pcm.Read)
			io := w.start(func() error { return s.transfer(w.Context()) })
			w.until("it is armed", func() bool { return w.status().Server.State == ring.Armed })
			s.Abandon()
			w.is(io.result(), audio.ErrClosed)
			w.until("the loop is free", func() bool { return !w.status().Server.Open })
			_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			w.is(err, audio.ErrNoServer)
		}},
		{name: "E15_D9_no_frame_is_lost_at_the_start_and_no_silence_leads", run: func(w *world) {
			for _, d := range both {
				for _, clientFirst := range []bool{true, false} {
					s, c := w.server(d), w.client(d.Opposite())
					from, to := s, c
					if d == pcm.Read {
						from, to = c, s
					}
					if clientFirst && from == c {
						c.put(3 * period)
						w.until("it is armed", func() bool { return w.status().Client.State == ring.Armed })
						w.tick(50) // nothing moves, nothing is lost
					}
					w.begin(s, c)
					w.pump(from, to, 20*period)
					w.flush(from, to)
					w.free(s, c)
				}
			}
		}},
		{name: "D9_nothing_of_an_earlier_session_is_heard", run: func(w *world) {
			s, c := w.pair(pcm.Write)
			s.put(10 * period) // more than the client will read
			w.tick(2)
			c.take(period)
			w.ok(c.Close(w.Context()))
			w.until("the server is told", func() bool { return s.State() == ring.Ended })
			w.ok(s.Halt(w.Context()))
			c = w.client(pcm.Read)
			c.next = s.next
			w.begin(s, c)
			w.tick(2)
			c.take(period)
		}},
		{name: "D7_start_timeout_ends_the_pause_with_ETIMEDOUT", spec: impatient, run: func(w *world) {
			for _, d := range both {
				s := w.server(d)
				for range 2 { // and it may retry
					w.fill(s)
					w.is(s.transfer(w.Context()), audio.ErrTimedOut)
				}
				c := w.client(d.Opposite())
				if d == pcm.Read {
					c.put(period)
				} else {
					c.arm()
				}
				io := w.start(func() error { return s.transfer(w.Context()) })
				w.until("it runs", func() bool { return w.status().Sessions > 0 && s.State() == ring.Running })
				w.tick(3)
				w.ok(io.result())
				w.free(s, c)
			}
		}},
		{name: "E23_D9_client_of_a_server_that_never_reads_sleeps_when_its_buffer_is_full", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			c.put(c.Buffer())
			ctx, cancel := context.WithCancel(w.Context())
			io := w.start(func() error { return c.transfer(ctx) })
			w.tick(200)
			io.asleep("the server has not begun to read")
			cancel()
			w.is(io.result(), audio.ErrInterrupted)
			c.SetNonblock(true)
			w.is(c.transfer(w.Context()), audio.ErrWouldBlock)
			s.Abandon()
			w.until("the client is told", func() bool { return over(c) })
			w.is(c.transfer(w.Context()), audio.ErrReset)
		}},
	}
}
