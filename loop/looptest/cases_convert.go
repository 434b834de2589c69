package looptest

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/resample/resampletest"
)

// carry writes sound at one end, closes it, and returns what the other end read until the end of
// the stream.
func (w *world) carry(from, to *end, sound []byte) []byte {
	w.Helper()
	in, out := from.Format().FrameBytes(), to.Format().FrameBytes()
	var got []byte
	take := func() {
		block := make([]byte, to.Delay()*out)
		n, err := to.Read(w.Context(), block)
		w.ok(err)
		got = append(got, block[:n*out]...)
	}
	server := from
	if from.Role() == pcm.Client {
		server = to
	}
	server.arm()
	if to.Role() == pcm.Client {
		to.arm()
	}
	for len(sound) > 0 {
		n := min(len(sound)/in, from.Avail())
		if n > 0 {
			done, err := from.Write(w.Context(), sound[:n*in])
			w.ok(err)
			sound = sound[done*in:]
			w.until("it runs", func() bool { return from.State() == ring.Running && to.State() == ring.Running })
		}
		w.tick(1)
		if to.Delay() > 0 {
			take()
		}
	}
	closed := w.start(func() error { return from.Close(w.Context()) })
	for to.State() == ring.Running {
		// The clock waits until the end closes, also between its drain and its close.
		w.until("the daemon knows", func() bool {
			s := w.status()
			return s.Client.Gone || !s.Client.Open || !s.Server.Open || s.Client.Draining || s.Server.Draining
		})
		w.tick(1)
		if to.Delay() > 0 {
			take()
		}
	}
	if to.Delay() > 0 {
		take()
	}
	w.ok(closed.result())
	return got
}

// convert opens a server of one format and a client of another, and carries sound from the client,
// or to it.
func (w *world) convert(serverFormat, clientFormat audio.Format, toServer bool, sound []byte) []byte {
	w.Helper()
	direction := pcm.Read
	if !toServer {
		direction = pcm.Write
	}
	s := w.serverOf(direction, serverFormat)
	c := w.clientOf(direction.Opposite(), clientFormat)
	if s.Format() != serverFormat || c.Format() != clientFormat {
		w.Fatalf("the server has %s, the client %s", s.Format(), c.Format())
	}
	from, to := c, s
	if !toServer {
		from, to = s, c
	}
	got := w.carry(from, to, sound)
	w.free(s, c)
	return got
}

// tone is a sine of a frequency in a format, on all channels.
func tone(f audio.Format, hertz float64, frames int) []byte {
	stereo := resampletest.Tone(hertz/float64(f.Rate), frames)
	samples := make([]float32, frames*f.Channels)
	for i := range samples {
		samples[i] = stereo[2*(i/f.Channels)]
	}
	sound := make([]byte, frames*f.FrameBytes())
	f.Encoding.Encode(sound, samples, nil)
	return sound
}

// measure finds the tone again, in the first channel.
func measure(f audio.Format, hertz float64, sound []byte) resampletest.Fit {
	samples := make([]float32, len(sound)/f.Encoding.Bytes())
	f.Encoding.Decode(samples, sound)
	stereo := make([]float32, 2*(len(samples)/f.Channels))
	for i := range len(stereo) / 2 {
		stereo[2*i] = samples[i*f.Channels]
	}
	return resampletest.FitTone(resampletest.Middle(stereo), hertz/float64(f.Rate))
}

func convertCases() []testCase {
	usual := audio.DefaultFormat()
	swapped := loop.Spec{Convert: convert.Options{Matrix: audio.Matrix{In: 2, Out: 2, Gains: []float32{0, 1, 1, 0}}}}
	return []testCase{
		{name: "E28_D12_every_encoding_is_converted", run: func(w *world) {
			for i, e := range audio.Encodings() {
				other := usual
				other.Encoding = e
				from, to := other, usual
				if i%2 == 1 {
					from, to = usual, other
				}
				sound := tone(from, 997, 2000)
				samples := make([]float32, len(sound)/from.Encoding.Bytes())
				from.Encoding.Decode(samples, sound)
				want := make([]byte, len(samples)*to.Encoding.Bytes())
				to.Encoding.Encode(want, samples, nil)
				if got := w.convert(usual, other, from == other, sound); !bytes.Equal(got, want) {
					w.Fatalf("%s to %s: %d bytes, want %d, or others", from.Encoding, to.Encoding, len(got), len(want))
				}
			}
		}},
		{name: "E29_D12_every_rate_is_converted_and_keeps_its_duration", run: func(w *world) {
			for i, rate := range []int{8000, 22050, 44100, 96000, 192000, 12347} {
				other := audio.Format{Rate: rate, Channels: 1 + i%2, Encoding: audio.FloatLE}
				server := audio.Format{Rate: 48000, Channels: 1 + i%2, Encoding: audio.S24LE3}
				for _, toServer := range []bool{true, false} {
					from, to := other, server
					if !toServer {
						from, to = server, other
					}
					n := from.Rate/7 + i
					got := w.convert(server, other, toServer, tone(from, 997, n))
					frames := (n*to.Rate + from.Rate - 1) / from.Rate
					if len(got) != frames*to.FrameBytes() {
						w.Errorf("%d frames from %s to %s became %d, want %d",
							n, from, to, len(got)/to.FrameBytes(), frames)
						continue
					}
					fit := measure(to, 997, got)
					if math.Abs(fit.Gain) > 0.01 || fit.Residual > -110 {
						w.Errorf("%s to %s: gain %+.4f dB, residual %.1f dB", from, to, fit.Gain, fit.Residual)
					}
				}
			}
		}},
		{name: "E29_D12_channels_are_mixed", run: func(w *world) {
			for _, channels := range []int{1, 3, 6, 8, 64} {
				other := audio.Format{Rate: 48000, Channels: channels, Encoding: audio.FloatLE}
				quiet := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}
				sound := tone(other, 997, 4000)
				for i := 0; i < len(sound); i += 4 { // only the first channel sounds, except in mono
					if i/4%channels != 0 {
						clear(sound[i : i+4])
					}
				}
				fit := measure(quiet, 997, w.convert(quiet, other, true, sound))
				m := audio.DefaultMatrix(channels, 2)
				gain := 20 * math.Log10(float64(m.Gains[0]))
				if math.Abs(fit.Gain-gain) > 0.01 || fit.Residual > -140 {
					w.Errorf("%d channels to 2: gain %+.4f dB, want %+.4f, residual %.1f dB",
						channels, fit.Gain, gain, fit.Residual)
				}
			}
		}},
		{name: "D12_channel_map_of_the_loop", spec: swapped, run: func(w *world) {
			s, c := w.pair(pcm.Read)
			frame := []byte{1, 2, 3, 4}
			_, err := c.Write(w.Context(), bytes.Repeat(frame, period))
			w.ok(err)
			w.tick(3)
			block := make([]byte, 2*period*4) // pair wrote a period of its own
			_, err = s.Read(w.Context(), block)
			w.ok(err)
			if last := block[len(block)-4:]; !bytes.Equal(last, []byte{3, 4, 1, 2}) {
				w.Fatalf("the last frame is %v", last)
			}
		}},
		{name: "D12_drain_brings_the_last_frame_and_the_next_begins_anew", run: func(w *world) {
			s := w.server(pcm.Read)
			c := w.clientOf(pcm.Write, audio.Format{Rate: 8000})
			s.arm()
			total := 0
			for _, n := range []int{1000, 1, 777} {
				done, err := c.Write(w.Context(), tone(c.Format(), 997, n))
				w.ok(err)
				if done != n {
					w.Fatal(done)
				}
				drained := w.start(func() error { return c.Drain(w.Context()) })
				w.until("the daemon knows", func() bool { return w.status().Client.Draining })
				for w.status().Client.Draining {
					w.tick(1)
				}
				w.ok(drained.result())
				total += n * 6
				if s.Delay() != total {
					w.Fatalf("%d frames came, want %d", s.Delay(), total)
				}
			}
		}},
		{name: "D12_D16_abandoned_frames_are_heard", run: func(w *world) {
			s := w.server(pcm.Read)
			c := w.clientOf(pcm.Write, audio.Format{Rate: 96000, Encoding: audio.U8})
			s.arm()
			_, err := c.Write(w.Context(), tone(c.Format(), 997, 5001))
			w.ok(err)
			w.until("it runs", func() bool { return s.State() == ring.Running })
			c.Abandon()
			w.until("the daemon knows", func() bool { return w.status().Client.Gone || !w.status().Client.Open })
			for s.State() == ring.Running {
				w.tick(1)
			}
			if s.Delay() != 2501 {
				w.Fatalf("%d frames came, want 2501", s.Delay())
			}
		}},
		{name: "D12_xruns_are_counted_in_the_program_s_own_frames", run: func(w *world) {
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Buffer: 10 * period})
			c := w.must(pcm.Options{Role: pcm.Client, Direction: pcm.Write,
				Format: audio.Format{Rate: 8000}, Period: period / 6, Buffer: period})
			s.arm()
			_, err := c.Write(w.Context(), tone(c.Format(), 997, period))
			w.ok(err)
			w.until("it runs", func() bool { return s.State() == ring.Running })
			for w.status().Client.Xruns == 0 {
				w.tick(1)
				w.until("it is told", func() bool { return true })
			}
			had := w.status().Client.XrunFrames
			w.tick(1)
			w.until("it is counted", func() bool { return w.status().Client.XrunFrames == had+period/6 })
			if bursts, _ := c.Xruns(); bursts != 1 {
				w.Fatalf("%d bursts", bursts)
			}
		}},
		{name: "D12_no_numbers_become_silence_and_are_counted", run: func(w *world) {
			s := w.server(pcm.Read)
			c := w.clientOf(pcm.Write, audio.Format{Encoding: audio.FloatLE})
			s.arm()
			sound := make([]byte, period*8)
			for i, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 3, -3} {
				binary.LittleEndian.PutUint32(sound[i*4:], math.Float32bits(float32(x)))
			}
			_, err := c.Write(w.Context(), sound)
			w.ok(err)
			w.until("it runs", func() bool { return s.State() == ring.Running })
			for s.Delay() == 0 {
				w.tick(1)
			}
			block := make([]byte, 4*4)
			_, err = s.Read(w.Context(), block)
			w.ok(err)
			if !bytes.Equal(block, []byte{0, 0, 0, 0, 0, 0, 0xFF, 0x7F, 0, 0x80, 0, 0, 0, 0, 0, 0}) {
				w.Errorf("they became %x", block)
			}
			if bad := w.status().Client.Bad; bad != 3 {
				w.Errorf("%d samples were counted", bad)
			}
		}},
		{name: "E25_D12_formats_that_cannot_be_are_EINVAL", run: func(w *world) {
			s := w.serverOf(pcm.Read, audio.Format{Rate: 1000})
			for _, f := range []audio.Format{{Rate: 256001}, {Rate: 999}, {Channels: 65}, {Encoding: 200}} {
				_, err := w.try(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Format: f})
				w.is(err, audio.ErrInvalid)
			}
			w.free(s, w.clientOf(pcm.Write, audio.Format{Rate: 256000}))
		}},
		{name: "E27_D11_D12_format_between_the_client_s_open_and_its_start_is_converted", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 24000}}))
			got := w.carry(c, s, tone(c.Format(), 997, 4801))
			if len(got)/s.Format().FrameBytes() != 2401 {
				w.Fatalf("%d frames came, want 2401", len(got)/s.Format().FrameBytes())
			}
		}},
		{name: "D12_the_client_sets_its_own_format_before_it_starts", run: func(w *world) {
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			w.ok(c.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 96000, Channels: 1, Encoding: audio.S32LE}}))
			if s.Format() != usual || w.status().Format != usual {
				w.Fatal(s.Format(), w.status().Format)
			}
			got := w.carry(c, s, tone(c.Format(), 997, 9600))
			if fit := measure(usual, 997, got); len(got) != 4800*4 || math.Abs(fit.Gain) > 0.01 {
				w.Fatalf("%d bytes, gain %+.4f dB", len(got), fit.Gain)
			}
			w.is(c.Setup(w.Context(), pcm.Setup{Format: audio.Format{Rate: 1}}), audio.ErrClosed)
		}},
	}
}
