package looptest

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// serve opens a server of a format and a client of the loop's.
func (w *world) serve(f audio.Format) (s, c *end) {
	w.Helper()
	s = w.serverOf(pcm.Read, f)
	return s, w.client(pcm.Write)
}

// free closes both ends and waits for the daemon.
func (w *world) free(ends ...*end) {
	w.Helper()
	for _, e := range ends {
		e.Abandon()
	}
	w.until("the daemon knows", func() bool { s := w.status(); return !s.Server.Open })
	w.until("the loop is free", func() bool { w.tick(1); return !w.status().Client.Open })
}

func formatCases() []testCase {
	configured := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}
	mulaw := loop.Spec{Format: configured}
	return []testCase{
		{name: "E08_D5_each_server_starts_from_the_configured_format", spec: mulaw, run: func(w *world) {
			s := w.serverOf(pcm.Read, audio.Format{Rate: 96000, Channels: 6, Encoding: audio.S32LE})
			w.free(s)
			if s = w.server(pcm.Read); s.Format() != configured {
				w.Fatal(s.Format())
			}
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 16000}}))
			w.free(s)
			if s = w.server(pcm.Read); s.Format() != configured {
				w.Fatal(s.Format())
			}
		}},
		{name: "D5_the_default_is_48000_S16_2", run: func(w *world) {
			if f := w.server(pcm.Read).Format(); f != (audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}) {
				w.Fatal(f)
			}
		}},
		{name: "E25_D5_formats_out_of_range_are_EINVAL", run: func(w *world) {
			for _, f := range []audio.Format{
				{Rate: 999}, {Rate: 768001}, {Rate: -1}, {Channels: 65}, {Channels: -1}, {Encoding: 200},
			} {
				_, err := w.try(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Format: f})
				w.is(err, audio.ErrInvalid)
				s := w.server(pcm.Read)
				w.is(s.Setup(w.Context(), pcm.Setup{Format: f}), audio.ErrInvalid)
				w.free(s)
			}
		}},
		{name: "E25_D5_every_encoding_and_any_rate_is_carried_exactly", run: func(w *world) {
			for i, e := range audio.Encodings() {
				rate := []int{1000, 4999, 11025, 22050, 200000, 768000}[i%6]
				f := audio.Format{Rate: rate, Channels: 1 + i%3, Encoding: e}
				s, c := w.serve(f)
				if !s.Format().Alike(f) || !c.Format().Alike(f) { // an ALSA end says positions, too
					w.Fatal(s.Format(), c.Format())
				}
				s.arm()
				c.put(c.Buffer())
				w.until("it runs", func() bool { return c.State() == ring.Running })
				w.tick(20)
				s.take(s.Delay())
				if s.next == 0 {
					w.Fatalf("nothing moved in %s", f)
				}
				w.free(s, c)
			}
		}},
		{name: "D5_64_channels", run: func(w *world) {
			s, c := w.serve(audio.Format{Channels: 64})
			w.begin(s, c)
			w.pump(c, s, 5*period)
		}},
		{name: "E26_D11_format_while_the_client_runs_is_EBUSY_and_disturbs_nothing", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 5*period)
			w.is(s.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 44100}}), audio.ErrBusy)
			w.pump(c, s, 5*period)
			if s.Format() != audio.DefaultFormat() {
				w.Fatal(s.Format())
			}
			w.is(c.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 44100}}), audio.ErrBusy)
		}},
		{name: "E26_D11_format_while_the_client_has_started_is_EBUSY", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			c.put(period)
			w.until("it is armed", func() bool { return w.status().Client.State == ring.Armed })
			w.is(s.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 44100}}), audio.ErrBusy)
			s.arm()
			w.tick(3)
			s.take(period)
		}},
		{name: "E30_very_large_frames_move_at_full_speed", run: func(w *world) {
			for _, channels := range []int{8, 64} {
				s, c := w.serve(audio.Format{Rate: 192000, Channels: channels, Encoding: audio.S32LE})
				s.arm()
				c.put(c.Buffer())
				w.until("it runs", func() bool { return c.State() == ring.Running })
				w.tick(10)
				if s.Delay() != 192000/10 {
					w.Fatalf("%d frames in 100 ms", s.Delay())
				}
				s.take(s.Delay())
				w.free(s, c)
			}
		}},
		{name: "E30a_D11_another_format_after_halt", run: func(w *world) {
			s, c := w.pair(pcm.Read)
			w.pump(c, s, 5*period)
			w.ok(closeWhileTicking(w, c))
			w.is(s.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 96000}}), audio.ErrBusy) // before the halt
			w.ok(s.Halt(w.Context()))
			buffer := s.Buffer()
			f := audio.Format{Rate: 96000, Channels: 1, Encoding: audio.S24LE3}
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: f}))
			if s.Buffer() != 2*buffer {
				w.Fatalf("the buffer has %d frames, had %d at half the rate", s.Buffer(), buffer)
			}
			c = w.client(pcm.Write)
			s.counter, s.next = backendtest.NewCounter(s.Format()), 0
			s.arm()
			c.put(c.Buffer())
			w.until("it runs", func() bool { return c.State() == ring.Running })
			w.tick(10)
			s.take(s.Delay())
			if s.next == 0 {
				w.Fatal("nothing moved")
			}
		}},
	}
}
