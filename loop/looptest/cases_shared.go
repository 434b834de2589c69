package looptest

import (
	"encoding/binary"
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// hears reads frames of the server and checks each sample of both channels.
func (e *end) hears(frames int, sample func(frame int) int) {
	e.w.Helper()
	block := make([]byte, frames*4)
	n, err := e.Read(e.w.Context(), block)
	e.w.ok(err)
	if n != frames {
		e.w.Fatalf("read %d of %d frames", n, frames)
	}
	for i := range 2 * frames {
		if got, want := int(int16(binary.LittleEndian.Uint16(block[2*i:]))), sample(i/2); got != want {
			e.w.Fatalf("frame %d: %d, want %d", i/2, got, want)
		}
	}
}

// quarter is the sound at a quarter of its level, so that several fit.
func quarter(f audio.Format, sound []byte) []byte {
	samples := make([]float32, len(sound)/f.Encoding.Bytes())
	f.Encoding.Decode(samples, sound)
	for i := range samples {
		samples[i] /= 4
	}
	f.Encoding.Encode(sound, samples, nil)
	return sound
}

// voice is the sound of one of many writers, different for each k.
func voice(k int) func(int) int16 {
	return func(i int) int16 { return int16((i*(k+7))%2000 - 1000 + k) }
}

// sharedCases are those of a loop with several clients, whose server is a program.
func sharedCases() []testCase {
	always := func(v int16) func(int) int16 { return func(int) int16 { return v } }
	shared := func(p loop.Policy) loop.Spec { return loop.Spec{Clients: loop.Shared, OnClientClose: p} }
	reset := shared(loop.Reset)
	everyFrame := "D4_shared_readers_each_get_every_frame_and_a_slow_one_disturbs_nobody"
	speaks := func(w *world, v int16, periods int) *end {
		w.Helper()
		c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: 20 * period})
		c.speak(always(v), 0, periods*period)
		c.runs()
		return c
	}
	leaves := func(w *world, c *end) {
		w.Helper()
		before := len(w.status().Clients)
		for c.Abandon(); len(w.status().Clients) == before; w.settle() {
			w.tick(1)
		}
	}
	return []testCase{
		{name: "D4_shared_16_writers_are_summed_sample_by_sample", spec: reset, run: func(w *world) {
			s := w.server(pcm.Read)
			s.arm()

			for k := range 16 {
				c := w.client(pcm.Write)
				c.speak(voice(k), 0, 3*period)
				c.runs()
			}
			w.tick(4)
			s.hears(3*period, func(i int) (sum int) {
				for k := range 16 {
					sum += int(voice(k)(i))
				}
				return sum
			})
		}},
		{name: everyFrame, spec: reset, run: func(w *world) {
			s := w.server(pcm.Write)
			s.arm()
			listens := func(buffer int) *end {
				c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Read, Buffer: buffer})
				c.arm()
				c.runs()
				return c
			}
			first, slow := listens(8*period), listens(2*period)
			s.put(2 * period)
			for range 6 {
				w.tick(1)
				s.put(period)
				first.take(min(period, first.Delay()))
			}
			late := listens(8 * period)
			late.next = first.next
			w.tick(2)
			first.take(2 * period)
			late.take(2 * period)
			if bursts, frames := first.Xruns(); bursts != 0 {
				w.Fatalf("one that is in time lost %d frames", frames)
			}
			if bursts, frames := slow.Xruns(); bursts != 1 || frames != first.next-2*period {
				w.Fatalf("the slow one lost %d frames in %d bursts", frames, bursts)
			}
			if bursts, _ := s.Xruns(); bursts != 0 {
				w.Fatal("the server has an xrun")
			}
		}},
		{name: "D4_D13_shared_stream_ends_with_the_last_client", spec: reset, run: func(w *world) {
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Buffer: 20 * period})
			s.arm()
			one, two := speaks(w, 100, 4), speaks(w, 10, 12)
			leaves(w, one)
			if s.State() != ring.Running {
				w.Fatal("the stream has ended before the last client")
			}
			leaves(w, two)
			w.until("the stream has ended", func() bool { return s.State() == ring.Ended })
			s.hears(4*period, func(int) int { return 110 })
			s.hears(8*period, func(int) int { return 10 })
			_, err := s.Read(w.Context(), make([]byte, 4))
			w.is(err, audio.ErrReset)
			_, err = w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			w.is(err, audio.ErrNoServer)
			w.ok(s.Halt(w.Context()))
			s.arm()
			speaks(w, 7, 3)
			w.tick(2)
			s.hears(period, func(int) int { return 7 })
		}},
		{name: "D9_shared_first_frame_is_the_first_and_clients_join_and_leave", spec: reset, run: func(w *world) {
			s := w.server(pcm.Read)
			s.arm()
			w.tick(5)
			speaks(w, 1, 20)
			w.tick(1)
			s.hears(s.Delay(), func(int) int { return 1 })
			for k := range 3 {
				c := speaks(w, int16(10*(k+1)), 2)
				w.tick(3)
				c.Abandon()
			}
			w.until("they have gone", func() bool { return len(w.status().Clients) == 1 })
			sum, n := 0, s.Delay()
			block := make([]byte, n*4)
			_, err := s.Read(w.Context(), block)
			w.ok(err)
			for i := range n {
				sum += int(binary.LittleEndian.Uint16(block[4*i:])) - 1
			}
			if sum != 2*period*(10+20+30) {
				w.Fatalf("the three that came and went are heard with %d, want %d", sum, 2*period*(10+20+30))
			}
		}},
		{name: "D13_shared_server_closes_and_each_client_gets_all_then_ECONNRESET", spec: reset, run: func(w *world) {
			s := w.server(pcm.Write)
			s.arm()
			var all []*end
			for range 3 {
				c := w.client(pcm.Read)
				c.arm()
				c.runs()
				all = append(all, c)
			}
			s.put(3*period + 7)
			w.tick(1)
			s.Abandon()
			for over := false; !over; over = len(w.status().Clients) > 0 && all[0].State() == ring.Ended {
				w.tick(1)
				w.settle()
			}
			for _, c := range all {
				c.take(3*period + 7)
				_, err := c.Read(w.Context(), make([]byte, 4))
				w.is(err, audio.ErrReset)
			}
		}},
		{name: "D15_shared_hold_and_silence", spec: shared(loop.Hold), run: func(w *world) {
			s := w.server(pcm.Read)
			s.arm()
			for v := range 3 {
				c := speaks(w, int16(v+1), 2)
				w.tick(1)
				leaves(w, c)
				w.until("the server waits", func() bool { return s.State() == ring.Armed })
				w.tick(3)
				s.hears(2*period, func(int) int { return v + 1 })
				if s.Delay() != 0 {
					w.Fatalf("%d frames more than were written", s.Delay())
				}
			}
		}},
		{name: "D15_shared_silence", spec: shared(loop.Silence), run: func(w *world) {
			s := w.server(pcm.Read)
			s.arm()
			leaves(w, speaks(w, 5, 2))
			w.tick(3)
			s.hears(2*period, func(int) int { return 5 })
			s.hears(3*period, func(int) int { return 0 })
			s.hears(s.Delay(), func(int) int { return 0 })
			speaks(w, 6, 2)
			w.tick(2)
			s.hears(2*period, func(int) int { return 6 })
		}},
		{name: "D12_shared_clients_of_different_formats", spec: reset, run: func(w *world) {
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Buffer: 48000})
			s.arm()
			hz := []float64{997, 1501, 2003}
			var all []*end
			var sounds [][]byte
			for k, f := range []audio.Format{
				{Rate: 44100, Channels: 1, Encoding: audio.FloatLE}, {Rate: 8000, Channels: 2, Encoding: audio.S32LE},
				{Rate: 48000, Channels: 2, Encoding: audio.S16LE},
			} {
				c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Format: f, Buffer: f.Rate})
				all, sounds = append(all, c), append(sounds, quarter(f, tone(f, hz[k], f.Rate*3/5)))
			}
			for k, c := range all {
				_, err := c.Write(w.Context(), sounds[k])
				w.ok(err)
				c.runs()
			}
			w.tick(55)
			block := make([]byte, s.Delay()*4)
			_, err := s.Read(w.Context(), block)
			w.ok(err)
			mid := block[4800*4 : 24000*4]
			for _, f := range hz {
				if fit := measure(s.Format(), f, mid); math.Abs(fit.Gain+12.041) > 0.02 {
					w.Fatalf("%v Hz at %+.3f dB", f, fit.Gain)
				}
			}
		}},
		{name: "E43_shared_wrong_direction_and_dead_device", spec: reset, run: func(w *world) {
			s := w.server(pcm.Read)
			s.arm()
			one, two := speaks(w, 1, 3), speaks(w, 2, 3)
			_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Read})
			w.is(err, audio.ErrAccess)
			w.clock.Fail(audio.ErrIO)
			for _, e := range []*end{s, one, two} {
				w.until("it is told", func() bool { return over(e) })
				w.is(e.transfer(w.Context()), audio.ErrIO)
			}
		}},
	}
}
