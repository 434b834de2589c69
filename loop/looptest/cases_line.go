package looptest

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

func lineCases() []testCase {
	large := loop.Spec{Buffer: 3 * time.Second}
	return []testCase{
		{name: "frames_arrive_bit_for_bit_in_both_directions", run: func(w *world) {
			for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
				s, c := w.pair(d)
				from, to := along(s, c)
				w.pump(from, to, 300*period)
				w.flush(from, to)
				w.free(s, c)
			}
		}},
		{name: "E24_D10_slow_reader_loses_the_oldest_frames_and_they_are_counted", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 10*period)
			buffer := uint64(s.Buffer())
			read := s.next
			for range 100 { // the reader pauses for a second
				c.put(period)
				w.tick(1)
			}
			moved := w.status().Frames
			lost := moved - read - buffer
			bursts, dropped := s.Xruns()
			if st := w.status().Server; dropped != lost || st.XrunFrames != lost || bursts != 1 || !st.Error {
				w.Fatalf("lost %d frames, the program was told %d in %d bursts, the daemon counts %+v",
					lost, dropped, bursts, st)
			}
			s.next += lost // the newest are kept
			s.take(int(buffer))
			if n := w.countEvents(event.Overrun); n != 1 {
				w.Fatalf("%d events of one sticky error", n)
			}
			w.pump(c, s, 10*period) // and the line goes on
		}},
		{name: "D10_slow_writer_is_filled_with_silence_and_counted", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 10*period)
			w.flush(c, s)
			for range 3 {
				w.tick(4)
				s.silent(4 * period)
				c.put(period)
				w.tick(1)
				s.take(period)
			}
			bursts, frames := c.Xruns()
			if st := w.status().Client; bursts != 3 || frames != 3*4*period || st.XrunFrames != frames || !st.Error {
				w.Fatalf("%d bursts, %d frames; the daemon counts %+v", bursts, frames, st)
			}
			if n := w.countEvents(event.Underrun); n != 1 {
				w.Fatalf("%d events of one sticky error", n)
			}
		}},
		{name: "D10_sticky_error_is_raised_anew_after_halt", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.tick(5)
			w.ok(c.Halt(w.Context()))
			if w.status().Client.Error {
				w.Fatal("the flag outlived the halt")
			}
			w.ok(s.Halt(w.Context()))
			w.begin(s, c)
			w.tick(5)
			if n := w.countEvents(event.Underrun); n != 2 {
				w.Fatalf("%d events", n)
			}
		}},
		{name: "E31_late_tick_catches_up_without_loss_or_silence", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 10*period)
			c.put(20 * period)
			w.clock.Jump(15 * period) // as much as the rings can carry
			s.take(15 * period)
			if skipped := w.status().Skipped; skipped != 0 {
				w.Fatalf("skipped %d frames", skipped)
			}
			w.clock.Jump(1000 * period) // far more: no program's fault
			st := w.status()
			if st.Client.Xruns+st.Server.Xruns != 0 || st.Skipped == 0 {
				w.Fatalf("%+v", st)
			}
			s.take(s.Delay()) // without a gap
			w.flush(c, s)
		}},
		{name: "E31_D12_an_hour_of_odd_rates_is_exact_to_the_frame", spec: large, period: 48000, run: func(w *world) {
			f := audio.Format{Rate: 11025, Channels: 1, Encoding: audio.U8}
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Format: f, Period: f.Rate})
			c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Period: f.Rate})
			s.arm()
			c.put(f.Rate)
			w.until("it runs", func() bool { return c.State() == ring.Running })
			for range 3600 {
				c.put(f.Rate)
				w.clock.Advance(48000)
				s.take(s.Delay())
			}
			if s.next != 3600*uint64(f.Rate) {
				w.Fatalf("%d frames in an hour at %d Hz", s.next, f.Rate)
			}
			if st := w.status(); st.Client.Xruns+st.Server.Xruns+st.Skipped != 0 {
				w.Fatalf("%+v", st)
			}
		}},
		{name: "D12_a_loop_of_any_rate_moves_at_its_own_pace", run: func(w *world) {
			for _, rate := range []int{1000, 4999, 44100, 768000} {
				f := audio.Format{Rate: rate, Channels: 2, Encoding: audio.S16LE}
				s := w.serverOf(pcm.Read, f)
				c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: rate})
				s.arm()
				c.put(rate / 2)
				w.until("it runs", func() bool { return c.State() == ring.Running })
				w.tick(20)
				if want := w.clock.Position() * uint64(rate) / 48000; uint64(s.Delay()) != want {
					w.Fatalf("%d frames at %d Hz, want %d", s.Delay(), rate, want)
				}
				s.take(s.Delay())
				w.free(s, c)
			}
		}},
		{name: "E32_position_and_delay", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			c.put(4 * period)
			if c.Delay() != 5*period || c.Position() != 5*period {
				w.Fatal(c.Delay(), c.Position())
			}
			w.tick(2)
			if c.Delay() != 3*period || s.Delay() != 2*period || s.Position() != 0 {
				w.Fatal(c.Delay(), s.Delay(), s.Position())
			}
			s.take(100)
			if s.Position() != 100 || s.Avail() != 2*period-100 {
				w.Fatal(s.Position(), s.Avail())
			}
			w.ok(w.drain(c))
			if c.Delay() != 0 {
				w.Fatalf("%d frames of delay after a drain", c.Delay())
			}
		}},
		{name: "D21_running_dry_after_a_drain_is_no_xrun", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			c.put(100)
			w.ok(w.drain(c))
			w.tick(40)
			s.take(period + 100)
			if s.Delay() != 0 {
				w.Fatalf("%d frames of silence right after a drain", s.Delay())
			}
			w.tick(60) // but a second later the clock continues
			if s.Delay() == 0 {
				w.Fatal("the line stands still for ever")
			}
			s.silent(s.Delay())
			if bursts, _ := c.Xruns(); bursts != 0 || w.status().Client.Error {
				w.Fatalf("%d xruns", bursts)
			}
			c.put(10)
			w.tick(2)
			if bursts, _ := c.Xruns(); bursts != 1 {
				w.Fatalf("%d xruns where one is due", bursts)
			}
		}},
		{name: "E45_D21_eof_marks_are_counted_when_they_are_reached", run: func(w *world) {
			for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
				s, c := w.pair(d)
				from, to := along(s, c)
				mark := func() {
					w.Helper()
					_, err := from.Write(w.Context(), nil)
					w.ok(err)
				}
				reached := func() (n int) {
					w.settle()
					for {
						select {
						case e := <-w.events.C:
							if e.Kind == event.EOF && e.End == from.Role() {
								n++
							}
						default:
							return n
						}
					}
				}
				reached()
				from.put(100 - int(from.next)%100)
				before := from.next
				mark() // behind what is written
				from.put(100)
				mark()
				mark()
				if n := reached(); n != 0 {
					w.Fatalf("%d marks were reached before the clock ran", n)
				}
				w.tick(int(before)/period + 1)
				w.tick(1) // all is taken, and it runs dry right behind a mark
				if n := reached(); n != 3 {
					w.Fatalf("%d marks were reached, want 3", n)
				}
				mark() // nothing is before it
				if n := reached(); n != 1 {
					w.Fatalf("a mark behind what is taken was reached %d times", n)
				}
				if bursts, _ := from.Xruns(); bursts != 0 {
					w.Fatalf("%d xruns behind a mark", bursts)
				}
				from.put(10)
				w.tick(3)
				if bursts, _ := from.Xruns(); bursts != 1 {
					w.Fatalf("%d xruns where one is due", bursts)
				}
				if _, err := to.Write(w.Context(), nil); err == nil {
					w.Fatal("an end that reads has made a mark")
				}
				from.Abandon()
				to.Abandon()
				w.until("the loop is free", func() bool {
					s := w.status()
					w.tick(1)
					return !s.Server.Open && !s.Client.Open
				})
			}
		}},
		{name: "E45_marks_of_a_session_that_is_halted_are_dropped", run: func(w *world) {
			_, c := w.pair(pcm.Read)
			c.put(3 * period)
			_, err := c.Write(w.Context(), nil)
			w.ok(err)
			w.ok(c.Halt(w.Context()))
			w.tick(5)
			w.settle()
			for {
				select {
				case e := <-w.events.C:
					if e.Kind == event.EOF {
						w.Fatal("a mark was reached that nobody played")
					}
					continue
				default:
				}
				break
			}
		}},
		{name: "D16_drain_and_then_close_leaves_no_silence_behind", run: func(w *world) {
			for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
				s, c := w.pair(d)
				from, to := along(s, c)
				from.put(2*period + 7)
				w.ok(w.drain(from))
				w.tick(20)
				w.ok(closeWhileTicking(w, from))
				to.drainTo(from.next)
				to.Abandon()
				w.until("the loop is free", func() bool { s := w.status(); return !s.Server.Open && !s.Client.Open })
			}
		}},
		{name: "drain_of_a_session_that_ends_is_ECONNRESET", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			c.put(4 * period)
			drain := w.start(func() error { return c.Drain(w.Context()) })
			drain.asleep("time stands still")
			s.Abandon()
			w.is(drain.result(), audio.ErrReset)
			s = w.server(pcm.Read)
			w.is(s.Drain(w.Context()), audio.ErrInvalid)
		}},
		{name: "the_clock_follows_the_smallest_period", run: func(w *world) {
			usual, _ := w.clock.Period()
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read})
			c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Period: 64, Buffer: 256})
			s.arm()
			c.put(128)
			w.until("it runs", func() bool { return c.State() == ring.Running })
			w.clock.Settle()
			if p, _ := w.clock.Period(); p != 64 {
				w.Fatalf("the clock ticks every %d frames", p)
			}
			s.Abandon()
			c.Abandon()
			w.until("the clock stops", func() bool { return !w.clock.Running() })
			if p, _ := w.clock.Period(); p != usual {
				w.Fatalf("the clock ticks every %d frames when idle", p)
			}
		}},
		{name: "an_idle_daemon_has_a_stopped_clock", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			s.arm()
			if w.clock.Running() {
				w.Fatal("the clock runs with no session")
			}
			c.put(period)
			w.until("the clock runs", w.clock.Running)
			w.ok(closeWhileTicking(w, c))
			w.until("the clock stops", func() bool { return !w.clock.Running() })
		}},
		{name: "a_dead_device_ends_both_ends_with_EIO", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.clock.Fail(audio.ErrIO)
			w.until("both ends are over", func() bool { return over(s) && over(c) })
			for s.Delay() > 0 {
				w.ok(s.transfer(w.Context()))
			}
			w.is(s.transfer(w.Context()), audio.ErrIO)
			w.is(c.transfer(w.Context()), audio.ErrIO)
		}},
	}
}

// drain drains while the clock goes on.
func (w *world) drain(e *end) error {
	return w.finish(w.start(func() error { return e.Drain(w.Context()) }))
}

// finish lets the clock run until a call has returned, one period at a time, so that the program
// comes to its next step before much time has passed.
func (w *world) finish(c *call) error {
	w.Helper()
	for range 1000 {
		w.settle()
		select {
		case err := <-c.done:
			return err
		default:
			w.tick(1)
		}
	}
	return c.result()
}

// countEvents returns the number of events of a kind on loop0 so far.
func (w *world) countEvents(kind event.Kind) (n int) {
	w.settle()
	for {
		select {
		case ev := <-w.events.C:
			if ev.Kind == kind && ev.Loop == name {
				n++
			}
		default:
			return n
		}
	}
}
