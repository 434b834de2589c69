package looptest

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// speak writes S16_LE samples, the same on both channels, which have to fit.
func (e *end) speak(sample func(frame int) int16, from, frames int) {
	e.w.Helper()
	block := make([]byte, 0, frames*4)
	for i := from; i < from+frames; i++ {
		v := uint16(sample(i))
		block = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(block, v), v)
	}
	n, err := e.Write(e.w.Context(), block)
	e.w.ok(err)
	if n != frames {
		e.w.Fatalf("wrote %d of %d frames", n, frames)
	}
}

// runs waits until the end has a session.
func (e *end) runs() {
	e.w.Helper()
	e.w.until("it runs", func() bool { return e.State() == ring.Running })
}

// heard returns what the device has played, from the first sound on.
func (w *world) heard() []byte {
	played := w.clock.Played()
	for len(played) >= 4 && bytes.Equal(played[:4], []byte{0, 0, 0, 0}) {
		played = played[4:]
	}
	return played
}

// converts plays a tone of another format, and wants it to be heard at a gain in dB.
func (w *world) converts(gain float64) {
	w.Helper()
	w.at("speaker")
	mono := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.FloatLE}
	c := w.clientOf(pcm.Write, mono)
	sound := tone(c.Format(), 997, 2400)
	for len(sound) > 0 {
		n := min(len(sound)/4, c.Avail())
		_, err := c.Write(w.Context(), sound[:n*4])
		w.ok(err)
		sound = sound[n*4:]
		c.runs()
		w.tick(1)
	}
	w.ok(closeWhileTicking(w, c))
	heard := w.clock.Played()
	first := len(heard) - len(w.heard())
	fit := measure(audio.DefaultFormat(), 997, heard[max(0, first-4):][:14400*4])
	if math.Abs(fit.Gain-gain) > 0.01 || fit.Residual > -80 {
		w.Fatalf("gain %+.4f dB and not %+.4f, residual %.1f dB", fit.Gain, gain, fit.Residual)
	}
}

func attachedCases() []testCase {
	usual := audio.DefaultFormat()
	listens := func(w *world, o pcm.Options) *end {
		w.Helper()
		o.Role, o.Direction = pcm.Client, pcm.Read
		e := w.must(o)
		e.arm()
		e.runs()
		return e
	}
	return []testCase{
		{name: "attached_one_writer_is_played_bit_for_bit", card: true, run: func(w *world) {
			c := w.at("speaker").client(pcm.Write)
			c.next = 1 // frame 0 of the pattern is silence
			c.put(2 * period)
			c.runs()
			for range 5 {
				w.tick(1)
				c.put(period)
			}
			w.ok(closeWhileTicking(w, c))
			counter := backendtest.NewCounter(usual)
			if _, err := counter.Check(w.heard()[:7*period*4], 1); err != nil {
				w.Fatal(err)
			}
		}},
		{name: "D4_attached_16_writers_are_summed_sample_by_sample", card: true, run: func(w *world) {
			w.at("speaker")

			var all []*end
			for k := range 16 {
				c := w.client(pcm.Write)
				c.speak(voice(k), 0, 3*period)
				c.runs()
				all = append(all, c)
			}
			if n := len(w.status().Clients); n != 16 {
				w.Fatalf("%d clients", n)
			}
			w.tick(4)
			heard := w.heard()
			for i := range 3 * period {
				want := 0
				for k := range all {
					want += int(voice(k)(i))
				}
				for channel := range 2 {
					if got := int16(binary.LittleEndian.Uint16(heard[i*4+2*channel:])); int(got) != want {
						w.Fatalf("frame %d, channel %d: %d, want %d", i, channel, got, want)
					}
				}
			}
		}},
		{name: "D4_attached_sums_saturate", card: true, run: func(w *world) {
			w.at("speaker")
			for range 3 {
				c := w.client(pcm.Write)
				c.speak(func(i int) int16 { return []int16{20000, -20000}[i%2] }, 0, 2*period)
				c.runs()
			}
			w.tick(2)
			if heard := w.heard(); !bytes.Equal(heard[:8], []byte{0xFF, 0x7F, 0xFF, 0x7F, 0, 0x80, 0, 0x80}) {
				w.Fatalf("%x", heard[:8])
			}
		}},
		{name: "D12_attached_writer_of_another_format_is_converted", card: true, run: func(w *world) { w.converts(0) }},
		{name: "D12_attached_writer_of_another_format_is_converted_at_another_gain", card: true, run: func(w *world) {
			w.set("speaker", "play.gain=128")
			w.converts(20 * math.Log10(128./255))
		}},
		{name: "D4_attached_readers_each_get_every_frame", card: true, run: func(w *world) {
			w.clock.Feed(backendtest.NewCounter(usual).Fill)
			w.at("mic")
			first, second := listens(w, pcm.Options{}), listens(w, pcm.Options{Buffer: 8 * period})
			for _, e := range []*end{first, second} {
				e.counter = backendtest.NewCounter(usual)
			}
			start := first.next
			for range 3 {
				w.tick(1)
				first.take(period)
			}
			if first.next-start != 3*period {
				w.Fatal(first.next)
			}
			late := listens(w, pcm.Options{Buffer: 2 * period})
			w.tick(8)
			second.next = 3 * period // the ring held 8 periods: the oldest are gone
			second.take(8 * period)
			first.take(8 * period)
			if bursts, frames := late.Xruns(); bursts != 1 || frames != 6*period {
				w.Fatalf("the slow one lost %d frames in %d bursts", frames, bursts)
			}
			if bursts, frames := first.Xruns(); bursts != 0 || frames != 0 {
				w.Fatalf("another lost %d frames in %d bursts", frames, bursts)
			}
			late.next = 9 * period
			late.take(2 * period)
		}},
		{name: "D12_attached_reader_of_another_format_is_converted", card: true, run: func(w *world) {
			w.at("mic")
			sound := tone(usual, 997, 48000)
			w.clock.Feed(func(block []byte, first uint64) { copy(block, sound[first*4:]) })
			mono := audio.Format{Rate: 44100, Channels: 1, Encoding: audio.FloatLE}
			e := listens(w, pcm.Options{Format: mono, Buffer: 44100})
			w.tick(40)
			if n := e.Delay(); n < 17640-100 || n > 17640 {
				w.Fatalf("%d frames of 17640 came", n)
			}
			block := make([]byte, e.Delay()*4)
			_, err := e.Read(w.Context(), block)
			w.ok(err)
			if fit := measure(e.Format(), 997, block); math.Abs(fit.Gain) > 0.01 || fit.Residual > -90 {
				w.Fatalf("gain %+.4f dB, residual %.1f dB", fit.Gain, fit.Residual)
			}
		}},
		{name: "attached_writer_that_starves_is_counted_and_disturbs_nobody", card: true, run: func(w *world) {
			w.at("speaker")
			good, bad := w.client(pcm.Write), w.client(pcm.Write)
			good.speak(func(int) int16 { return 100 }, 0, 6*period)
			bad.speak(func(int) int16 { return 10 }, 0, period)
			good.runs()
			bad.runs()
			w.tick(5)
			heard := w.heard()
			for i, want := range []uint16{110, 100, 100, 100} {
				if got := binary.LittleEndian.Uint16(heard[(i*period+period/2)*4:]); got != want {
					w.Fatalf("period %d sounds like %d, want %d", i, got, want)
				}
			}
			if bursts, _ := bad.Xruns(); bursts != 1 {
				w.Fatalf("%d bursts", bursts)
			}
			if bursts, _ := good.Xruns(); bursts != 0 {
				w.Fatalf("%d bursts of the other", bursts)
			}
			bad.speak(func(int) int16 { return 10 }, 0, period) // it goes on
			w.tick(2)
		}},
		{name: "D1_D2_D3_attached_server_end_and_directions", card: true, run: func(w *world) {
			w.at("speaker")
			_, err := w.try(pcm.Options{Role: pcm.Server, Direction: pcm.Read})
			w.is(err, audio.ErrBusy)
			_, err = w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Read})
			w.is(err, audio.ErrAccess)
			w.at("mic")
			_, err = w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			w.is(err, audio.ErrAccess)
		}},
		{name: "D4_attached_and_exclusive", card: true, spec: loop.Spec{Clients: loop.Exclusive}, run: func(w *world) {
			w.at("speaker")
			c := w.client(pcm.Write)
			_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			w.is(err, audio.ErrBusy)
			c.Abandon()
			w.until("the end is free", func() bool { return len(w.status().Clients) == 0 })
			w.client(pcm.Write)
		}},
		{name: "D16_attached_abandoned_frames_are_heard", card: true, run: func(w *world) {
			c := w.at("speaker").client(pcm.Write)
			c.speak(func(int) int16 { return 5 }, 0, 3*period+7)
			c.runs()
			c.Abandon()
			w.until("the daemon knows", func() bool { s := w.status(); return len(s.Clients) == 0 || s.Client.Gone })
			w.tick(5)
			w.until("the end is free", func() bool { return len(w.status().Clients) == 0 })
			if n := bytes.Count(w.heard(), []byte{5, 0, 5, 0}); n != 3*period+7 {
				w.Fatalf("%d frames were heard", n)
			}
		}},
		{name: "D14_attached_halt_drops_and_the_next_session_begins", card: true, run: func(w *world) {
			c := w.at("speaker").client(pcm.Write)
			c.speak(func(int) int16 { return 5 }, 0, 4*period)
			c.runs()
			w.tick(2)
			w.ok(c.Halt(w.Context()))
			w.tick(2)
			c.speak(func(int) int16 { return 6 }, 0, 2*period)
			c.runs()
			w.tick(3)
			if n := bytes.Count(w.clock.Played(), []byte{6, 0, 6, 0}); n != 2*period {
				w.Fatalf("%d frames of the second session were heard", n)
			}
			if n := bytes.Count(w.clock.Played(), []byte{5, 0, 5, 0}); n >= 4*period {
				w.Fatalf("%d frames of the first were heard", n)
			}
		}},
		{name: "attached_clients_of_a_dead_device_get_EIO", card: true, run: func(w *world) {
			c := w.at("speaker").client(pcm.Write)
			c.speak(func(int) int16 { return 5 }, 0, 2*period)
			c.runs()
			w.clock.Fail(audio.ErrIO)
			w.until("it is told", func() bool { return over(c) })
			w.is(c.transfer(w.Context()), audio.ErrIO)
			_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			w.is(err, audio.ErrIO)
		}},
	}
}
