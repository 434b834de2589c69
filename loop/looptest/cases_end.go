package looptest

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// drainTo reads up to the end of the stream, which has to be ErrReset, and checks that it is the
// pattern without a gap up to frame last.
func (e *end) drainTo(last uint64) {
	e.w.Helper()
	for {
		block := make([]byte, 479*e.Format().FrameBytes()) // a prime: no block edge falls on a period's
		n, err := e.Read(e.w.Context(), block)
		if err != nil {
			e.w.is(err, audio.ErrReset)
			break
		}
		if _, err := e.counter.Check(block[:n*e.Format().FrameBytes()], e.next); err != nil {
			e.w.Fatalf("frame %d on: %v", e.next, err)
		}
		e.next += uint64(n)
	}
	if e.next != last {
		e.w.Fatalf("the stream ended at frame %d, %d were written", e.next, last)
	}
}

func endCases() []testCase {
	leave := map[string]func(w *world, e *end) *call{
		"closes": func(w *world, e *end) *call { return w.start(func() error { return e.Close(w.Context()) }) },
		"dies":   func(w *world, e *end) *call { e.Abandon(); return w.start(func() error { return nil }) },
	}
	var cases []testCase
	for how, leaves := range leave {
		ends := "E16_E17_D13_D16_client_" + how + "_and_the_server_gets_all_then_ECONNRESET"
		early := "D13_D16_client_that_" + how + "_before_the_server_reads_is_heard_all_the_same"
		cases = append(cases,
			testCase{name: ends, run: func(w *world) {
				s, c := w.pair(pcm.Read)
				c.put(5*period + 77) // no whole fragment, and no padding
				gone := leaves(w, c)
				w.leaving(c)
				w.ok(w.finish(gone))
				w.tick(10)
				s.drainTo(c.next)
			}},
			testCase{name: "E22_D13_server_" + how + "_and_the_client_gets_all_then_ECONNRESET", run: func(w *world) {
				s, c := w.pair(pcm.Write)
				s.put(5*period + 77)
				w.ok(w.finish(leaves(w, s)))
				w.until("the daemon knows", func() bool { return !w.status().Server.Open })
				w.tick(10)
				c.drainTo(s.next)
				_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Read})
				w.is(err, audio.ErrNoServer)
			}},
			testCase{name: "E22_D13_client_" + how + "_and_the_writing_server_gets_ECONNRESET", run: func(w *world) {
				s, c := w.pair(pcm.Write)
				w.pump(s, c, 5*period)
				w.ok(leaves(w, c).result())
				w.until("the server is told", func() bool { return over(s) })
				w.is(s.transfer(w.Context()), audio.ErrReset)
			}},
			testCase{name: "D13_server_" + how + "_and_the_writing_client_gets_ECONNRESET", run: func(w *world) {
				s, c := w.pair(pcm.Read)
				w.pump(c, s, 5*period)
				w.ok(leaves(w, s).result())
				w.until("the client is told", func() bool { return over(c) })
				w.is(c.transfer(w.Context()), audio.ErrReset)
				w.is(c.Close(w.Context()), audio.ErrReset) // a period was on its way, and is lost
			}},
			testCase{name: early, run: func(w *world) {
				s, c := w.server(pcm.Read), w.client(pcm.Write)
				c.put(3*period + 5)
				w.until("it is armed", func() bool { return w.status().Client.State == ring.Armed })
				gone := leaves(w, c)
				w.leaving(c)
				_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
				w.is(err, audio.ErrNoServer)
				s.arm()
				w.ok(w.finish(gone))
				w.tick(10)
				s.drainTo(c.next)
			}},
		)
	}
	return append(cases,
		testCase{name: "D13_a_sleeping_reader_is_woken_by_the_end", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			io := w.start(func() error {
				block := make([]byte, 100*period*s.Format().FrameBytes())
				n, err := s.Read(w.Context(), block)
				if err == nil && n != period {
					w.Errorf("read %d frames, want the %d that were written", n, period)
				}
				return err
			})
			w.tick(1)
			io.asleep("the read is not full")
			close := w.start(func() error { return c.Close(w.Context()) })
			w.leaving(c)
			w.ok(w.finish(close))
			w.tick(1)
			w.ok(io.result())
			w.is(s.transfer(w.Context()), audio.ErrReset)
		}},
		testCase{name: "E18_D14_ECONNRESET_repeats_until_halt", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.ok(closeWhileTicking(w, c))
			s.drainTo(c.next)
			for range 5 {
				w.is(s.transfer(w.Context()), audio.ErrReset)
				w.tick(1)
			}
			w.ok(s.Halt(w.Context()))
			io := w.start(func() error { return s.transfer(w.Context()) })
			io.asleep("it waits for the next client")
			c = w.client(pcm.Write)
			c.put(period)
			w.until("it runs", func() bool { return c.State() == ring.Running })
			w.tick(3)
			w.ok(io.result())
		}},
		testCase{name: "E19_D14_new_client_before_the_halt_gets_EAGAIN_or_waits", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.ok(closeWhileTicking(w, c))
			s.drainTo(c.next)
			_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			w.is(err, audio.ErrNoServer)
			var next *end
			open := w.start(func() (err error) {
				next, err = w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Wait: pcm.Forever})
				return err
			})
			w.until("it waits", func() bool { return w.status().Waiting == 1 })
			open.asleep("the server has not halted")
			w.ok(s.Halt(w.Context()))
			w.ok(open.result())
			s.next = 0
			w.begin(s, next)
			w.pump(next, s, 3*period)
		}},
		testCase{name: "E20_D13_partial_read_gives_the_short_count_first", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.tick(3)
			s.take(period)
			c.put(100)
			w.ok(closeWhileTicking(w, c))
			frame := s.Format().FrameBytes()
			skip := make([]byte, frame)
			for { // silence that was inserted before the close
				n, err := s.Read(w.Context(), skip)
				w.ok(err)
				if n == 1 && s.counter.Number(skip) == c.next-100 {
					break
				}
			}
			block := make([]byte, 1000*frame)
			n, err := s.Read(w.Context(), block)
			if n != 99 || err != nil {
				w.Fatalf("read %d, %v; want the last 99 frames", n, err)
			}
			n, err = s.Read(w.Context(), block)
			if n != 0 {
				w.Fatal(n)
			}
			w.is(err, audio.ErrReset)
		}},
		testCase{name: "E21_D13_non_blocking_ends_see_the_end_too", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			s.SetNonblock(true)
			w.tick(1)
			s.take(s.Delay())
			w.is(s.transfer(w.Context()), audio.ErrWouldBlock)
			w.ok(closeWhileTicking(w, c))
			for s.Delay() > 0 {
				w.ok(s.transfer(w.Context()))
			}
			w.is(s.transfer(w.Context()), audio.ErrReset)
			events, err := s.Poll(1)
			if events != pcm.Readable|pcm.Hangup || err != nil {
				w.Fatal(events, err)
			}
		}},
		testCase{name: "D14_halt_in_mid_session_ends_it_for_the_other_end", run: func(w *world) {
			for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
				for _, serverHalts := range []bool{true, false} {
					s, c := w.pair(d)
					halts, other := s, c
					if !serverHalts {
						halts, other = c, s
					}
					w.ok(halts.Halt(w.Context()))
					w.until("the other end is told", func() bool { return over(other) })
					for other.Direction() == pcm.Read && other.Delay() > 0 {
						w.ok(other.transfer(w.Context()))
					}
					w.is(other.transfer(w.Context()), audio.ErrReset)
					w.ok(other.Halt(w.Context()))
					if halts.Delay() != 0 || other.Delay() != 0 {
						w.Fatal("something is left after the halt")
					}
					s.next, c.next = 0, 0
					w.begin(s, c) // and both can go on
					from, to := s, c
					if d == pcm.Read {
						from, to = c, s
					}
					w.pump(from, to, 5*period)
					w.free(s, c)
				}
			}
		}},
		testCase{name: "E33_D16_close_drains_when_the_server_does_not_read", run: func(w *world) {
			s := w.server(pcm.Read)
			// The buffer's length limits the drain; in real time a stall must not reach it.
			c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: 10 * s.Format().Rate})
			w.begin(s, c)
			c.put(s.Buffer() - period)
			close := w.start(func() error { return c.Close(w.Context()) })
			w.leaving(c)
			w.ok(w.finish(close))
			s.drainTo(c.next)
		}},
		testCase{name: "E33_D16_close_gives_up_after_the_buffer_and_a_second", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			c.put(period)
			w.until("it is armed", func() bool { return w.status().Client.State == ring.Armed })
			w.is(c.Close(w.Context()), audio.ErrTimedOut) // the server never started to read
			s.arm()
			w.tick(5)
			s.drainTo(c.next) // and gets it when it does
		}},
		testCase{name: "D16_close_says_when_the_server_leaves_without_the_rest", run: func(w *world) {
			s := w.server(pcm.Read)
			// Its length is the limit of the drain, and where time is real a stall shall not reach it.
			c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: 10 * s.Format().Rate})
			w.begin(s, c)
			c.put(10 * period)
			close := w.start(func() error { return c.Close(w.Context()) })
			w.leaving(c)
			close.asleep("time stands still")
			s.Abandon()
			w.is(close.result(), audio.ErrReset)
		}},
		testCase{name: "D16_close_can_be_cut_short", run: func(w *world) {
			w.server(pcm.Read)
			c := w.client(pcm.Write)
			c.put(period)
			ctx, cancel := context.WithCancel(w.Context())
			close := w.start(func() error { return c.Close(ctx) })
			close.asleep("the server has not begun to read")
			cancel()
			w.is(close.result(), audio.ErrInterrupted)
		}},
		testCase{name: "D16_close_of_the_server_drops_what_it_has_not_read", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			c.put(10 * period)
			w.tick(3)
			w.ok(s.Close(w.Context()))
			w.until("the client is told", func() bool { return over(c) })
			w.is(c.Close(w.Context()), audio.ErrReset)
			s, c = w.pair(pcm.Read)
			w.tick(2)
			s.take(period) // its own first frames
		}},
		testCase{name: "D17_calls_of_a_client_whose_server_closed_are_ENXIO", run: func(w *world) {
			for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
				s, c := w.pair(d)
				s.Abandon()
				w.tick(10)
				w.until("the client is told", func() bool { return over(c) })
				w.is(c.Halt(w.Context()), audio.ErrGone)
				if d == pcm.Read {
					w.is(c.Drain(w.Context()), audio.ErrGone)
				}
				for c.Direction() == pcm.Read && c.Delay() > 0 {
					w.ok(c.transfer(w.Context()))
				}
				w.is(c.transfer(w.Context()), audio.ErrReset) // but neither reads nor writes
				c.Abandon()
				w.until("the loop is free", func() bool { return !w.status().Client.Open })
			}
		}},
		testCase{name: "halt_and_close_wake_who_sleeps_in_io", run: func(w *world) {
			s := w.server(pcm.Read)
			io := w.start(func() error { return s.transfer(w.Context()) })
			io.asleep("no client")
			w.ok(s.Halt(w.Context()))
			w.is(io.result(), audio.ErrInterrupted)
			io = w.start(func() error { return s.transfer(w.Context()) })
			io.asleep("no client")
			w.ok(s.Close(w.Context()))
			w.is(io.result(), audio.ErrClosed)
		}},
	)
}

// closeWhileTicking closes a running writer while the clock goes on.
func closeWhileTicking(w *world, c *end) error {
	close := w.start(func() error { return c.Close(w.Context()) })
	w.leaving(c)
	return w.finish(close)
}
