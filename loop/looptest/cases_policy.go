package looptest

import (
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

func policyCases() []testCase {
	hold, silence := loop.Spec{OnClientClose: loop.Hold}, loop.Spec{OnClientClose: loop.Silence}
	return []testCase{
		{name: "D15_hold_lets_a_reading_server_sleep_until_the_next_client", spec: hold, run: func(w *world) {
			s, c := w.pair(pcm.Read)
			for range 3 {
				w.pump(c, s, 5*period)
				w.ok(closeWhileTicking(w, c))
				s.take(int(c.next - s.next))
				s.next = 0
				io := w.start(func() error { return s.transfer(w.Context()) })
				w.tick(100)
				io.asleep("there is no client")
				c = w.client(pcm.Write)
				c.put(3 * period)
				w.until("it runs", func() bool { return c.State() == ring.Running })
				w.tick(2)
				w.ok(io.result())
				s.next = period
				s.take(s.Delay())
			}
		}},
		{name: "D15_hold_lets_a_writing_server_sleep_until_the_next_client", spec: hold, run: func(w *world) {
			s, c := w.pair(pcm.Write)
			w.pump(s, c, 5*period)
			w.ok(c.Close(w.Context()))
			w.until("the server is back in its pause", func() bool { return s.State() == ring.Armed })
			first := s.next
			w.fill(s)
			io := w.start(func() error { return s.transfer(w.Context()) })
			w.tick(100)
			io.asleep("there is no client")
			c = w.client(pcm.Read)
			c.arm()
			if w.buffers { // it sleeps for room
				w.until("it runs", func() bool { return s.State() == ring.Running })
				w.tick(2)
			}
			w.ok(io.result())
			w.tick(3)
			c.next = first // what it slept on, nothing older
			c.take(period)
		}},
		{name: "D15_silence_goes_on_for_a_reading_server", spec: silence, run: func(w *world) {
			s, c := w.pair(pcm.Read)
			for range 3 {
				w.pump(c, s, 5*period)
				close := w.start(func() error { return c.Close(w.Context()) })
				w.leaving(c)
				w.ok(w.finish(close))
				s.take(int(c.next - s.next))
				w.until("the client is gone", func() bool { return !w.status().Client.Open })
				w.clock.Settle()
				w.tick(1) // the line with one end is anchored
				s.silent(s.Delay())
				w.tick(10)
				s.silent(10 * period)
				c = w.client(pcm.Write)
				c.put(period)
				w.until("it runs", func() bool { return c.State() == ring.Running })
				w.clock.Settle()
				s.next = 0
			}
			if s.State() != ring.Running {
				w.Fatal(s.State())
			}
		}},
		{name: "D15_silence_lets_a_writing_server_play_to_nobody", spec: silence, run: func(w *world) {
			s, c := w.pair(pcm.Write)
			w.pump(s, c, 5*period)
			w.ok(c.Close(w.Context()))
			w.until("the client is gone", func() bool { return !w.status().Client.Open })
			w.tick(3)
			for range 100 {
				s.put(period)
				w.tick(1)
			}
			c = w.client(pcm.Read)
			c.arm()
			w.until("it runs", func() bool { return c.State() == ring.Running })
			c.next = s.next
			s.put(period)
			w.tick(3)
			c.take(period) // what is played from now on
		}},
		{name: "D26_events_come_once_each", run: func(w *world) {
			s := w.server(pcm.Read)
			_, _ = w.try(pcm.Options{Role: pcm.Server, Direction: pcm.Read}) // refused: no event
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: s.Format()}))
			c := w.client(pcm.Write)
			w.begin(s, c)
			w.tick(100) // an underrun of 100 periods, then an overrun
			w.until("the xruns are reported", func() bool { return w.status().Client.Error && w.status().Server.Error })
			wait := w.start(func() error {
				next, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Wait: pcm.Forever})
				if err == nil {
					next.Abandon()
				}
				return err
			})
			w.until("it waits", func() bool { return w.status().Waiting == 1 })
			w.ok(closeWhileTicking(w, c))
			w.until("the server is told", func() bool { return s.State() == ring.Ended })
			w.ok(s.Halt(w.Context()))
			w.ok(wait.result())
			w.until("it is gone", func() bool { return !w.status().Client.Open })
			w.ok(s.Close(w.Context()))
			w.settle()
			got := map[string]int{}
			for len(w.events.C) > 0 {
				ev := <-w.events.C
				if ev.Loop != name || ev.Time.IsZero() {
					w.Fatalf("%+v", ev)
				}
				got[ev.Kind.String()+" "+ev.End.String()]++
			}
			want := map[string]int{
				"open server": 1, "format server": 1, "open client": 2, "waiting client": 1,
				"underrun client": 1, "overrun server": 1,
				"close client": 2, "client gone client": 2, "close server": 1,
			}
			for k, n := range want {
				if got[k] != n {
					w.Errorf("%d × %s, want %d", got[k], k, n)
				}
				delete(got, k)
			}
			if len(got) != 0 {
				w.Errorf("unexpected: %v", got)
			}
		}},
		{name: "D26_a_subscriber_who_does_not_listen_disturbs_nobody", run: func(w *world) {
			stalled := w.bay.Subscribe(1)
			for range 10 {
				w.free(w.server(pcm.Read))
			}
			if stalled.Lost() == 0 {
				w.Fatal("nothing was lost")
			}
			stalled.Cancel()
			stalled.Cancel()
		}},
	}
}
