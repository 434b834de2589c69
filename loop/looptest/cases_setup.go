package looptest

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// setupCases: an end that chooses format and sizes only after it was opened, like ALSA programs.
func setupCases() []testCase {
	mono := audio.Format{Rate: 44100, Channels: 1, Encoding: audio.S32LE}
	return []testCase{
		{name: "D5_setup_sets_format_period_and_buffer_of_the_server", run: func(w *world) {
			s := w.server(pcm.Read)
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: mono, Period: 441, Buffer: 1764}))
			if e := w.status().Server; s.Format() != mono || s.Buffer() != 1764 || e.Period != 441 || e.Buffer != 1764 {
				w.Fatalf("%s, buffer %d; the daemon says %d in %d", s.Format(), s.Buffer(), e.Period, e.Buffer)
			}
		}},
		{name: "D5_setup_sets_the_sizes_of_a_client", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			w.ok(c.Setup(w.Context(), pcm.Setup{Period: 64, Buffer: 256}))
			if e := w.status().Client; c.Buffer() != 256 || e.Period != 64 || c.Format() != s.Format() {
				w.Fatalf("buffer %d, period %d, %s", c.Buffer(), e.Period, c.Format())
			}
			s.arm()
			c.put(256)
			w.until("it runs", func() bool { return c.State() == ring.Running })
			w.is(c.Setup(w.Context(), pcm.Setup{Period: 128}), audio.ErrBusy)
			w.tick(2)
			s.take(256)
		}},
		{name: "D5_setup_of_a_client_whose_server_has_closed_is_ENXIO", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			w.ok(s.Close(w.Context()))
			w.until("the client is told", func() bool { return over(c) })
			w.is(c.Setup(w.Context(), pcm.Setup{Period: 64}), audio.ErrGone)
		}},
		{name: "D1_client_waits_for_an_unsettled_server_and_gets_its_format", run: func(w *world) {
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Unsettled: true})
			_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			w.is(err, audio.ErrNoServer)
			var c *end
			open := w.start(func() (err error) {
				c, err = w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Wait: pcm.Forever})
				return err
			})
			w.until("it waits", func() bool { return w.status().Waiting == 1 })
			open.asleep("the server has no format")
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: mono}))
			w.ok(open.result())
			if c.Format() != mono {
				w.Fatal(c.Format())
			}
		}},
		{name: "D1_unsettled_server_that_starts_takes_what_it_was_given", run: func(w *world) {
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Unsettled: true})
			s.arm()
			c := w.client(pcm.Write)
			c.put(2 * period)
			w.until("it runs", func() bool { return c.State() == ring.Running })
			w.tick(2)
			s.take(period)
		}},
	}
}

// holdCases: Pause.
func holdCases() []testCase {
	return []testCase{
		{name: "D22_paused_writer_loses_no_frame_and_is_no_underrun", run: func(w *world) {
			for _, d := range []audio.Direction{pcm.Read, pcm.Write} {
				s, c := w.pair(d)
				from, to := along(s, c)
				w.pump(from, to, 5*period)
				from.put(2 * period)
				queued := from.Delay()
				w.ok(from.Pause(w.Context(), true))
				for range 20 {
					w.tick(1)
					to.silent(to.Delay())
				}
				if bursts, _ := from.Xruns(); from.Delay() != queued || bursts != 0 || to.Delay() != 0 {
					w.Fatalf("%d frames queued, were %d; %d underruns", from.Delay(), queued, bursts)
				}
				if e := w.status(); !e.Client.Paused && !e.Server.Paused {
					w.Fatal("nobody sees the pause")
				}
				w.ok(from.Pause(w.Context(), false))
				w.flush(from, to)
				w.free(s, c)
			}
		}},
		{name: "D22_paused_reader_keeps_what_it_has_and_misses_the_rest", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 5*period)
			c.put(period)
			w.tick(1)
			kept := s.Delay()
			w.ok(s.Pause(w.Context(), true))
			missed := 0
			for range 200 { // longer than any buffer
				c.put(period)
				w.tick(1)
				missed += period
			}
			if bursts, _ := s.Xruns(); s.Delay() != kept || bursts != 0 {
				w.Fatalf("%d frames are there, were %d; %d overruns", s.Delay(), kept, bursts)
			}
			s.take(kept)
			w.ok(s.Pause(w.Context(), false))
			s.next += uint64(missed)
			w.pump(c, s, 5*period)
		}},
		{name: "E48_D22_close_of_a_paused_end_waits_until_it_is_resumed", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 5*period)
			c.put(3 * period)
			w.ok(c.Pause(w.Context(), true))
			closed := w.start(func() error { return c.Close(w.Context()) })
			w.leaving(c)
			w.tick(20)
			closed.asleep("it has paused")
			s.silent(s.Delay())
			w.set("loop0", "play.pause=0")
			w.ok(w.finish(closed))
			s.take(int(c.next - s.next))
			w.is(s.transfer(w.Context()), audio.ErrReset)
		}},
		{name: "E48_D22_program_that_dies_while_it_has_paused_flushes", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 5*period)
			c.put(3 * period)
			w.ok(c.Pause(w.Context(), true))
			c.Abandon()
			w.until("the stream has ended", func() bool { return s.State() == ring.Ended })
			if s.Delay() != 0 || w.status().Client.Open {
				w.Fatalf("%d frames came", s.Delay())
			}
		}},
		{name: "D22_halt_ends_the_pause", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.ok(s.Pause(w.Context(), true))
			w.ok(s.Halt(w.Context()))
			if w.status().Server.Paused {
				w.Fatal("still paused")
			}
			c.Abandon()
			w.until("the end is free", func() bool { w.tick(1); return !w.status().Client.Open })
			w.ok(s.Close(w.Context()))
		}},
	}
}
