package looptest

import (
	"bytes"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// inWAV and inALSA are 5.1 in the order of a WAV file and in ALSA's; silent says nothing.
const (
	inWAV  = "FL FR FC LFE RL RR"
	inALSA = "FL FR RL RR FC LFE"
	silent = ""
)

// standing returns a format with the positions of order.
func (w *world) standing(channels int, e audio.Encoding, names string) audio.Format {
	w.Helper()
	p, err := audio.ParsePositions(names)
	w.ok(err)
	return audio.Format{Rate: 48000, Channels: channels, Encoding: e, Positions: p}
}

// channelsOf are frames whose channels say which they are: the letters of order.
func channelsOf(e audio.Encoding, order string, frames int) (p []byte) {
	for i := range frames {
		for _, c := range []byte(order) {
			sample := bytes.Repeat([]byte{c}, e.Bytes())
			sample[0] = byte(i)
			p = append(p, sample...)
		}
	}
	return p
}

// positionCase carries six channels between a server and a client, and back.
func positionCase(name string, spec loop.Spec, server, client, sent, got string) testCase {
	return testCase{name: name, spec: spec, run: func(w *world) {
		for _, e := range []audio.Encoding{audio.S16LE, audio.S24LE3, audio.S32BE, audio.U8, audio.Float64LE} {
			s, c := w.standing(6, e, server), w.standing(6, e, client)
			for _, toServer := range []bool{true, false} {
				direction := pcm.Read
				if !toServer {
					direction = pcm.Write
				}
				one := w.serverOf(direction, s)
				other := w.clientOf(direction.Opposite(), c)
				from, to, in, out := other, one, sent, got
				if !toServer {
					from, to, in, out = one, other, got, sent
				}
				sound := channelsOf(e, in, 3*period+7)
				if heard := w.carry(from, to, sound); !bytes.Equal(heard, channelsOf(e, out, 3*period+7)) {
					first := heard[:min(len(heard), 6*e.Bytes())]
					w.Fatalf("%s, to the server: %v: %x became %x", e, toServer, sound[:6*e.Bytes()], first)
				}
				w.free(one, other)
			}
		}
	}}
}

func positionCases() []testCase {
	var plain loop.Spec
	direct := loop.Spec{Convert: convert.Options{Direct: true}}
	side := "FL FR FC LFE SL SR"
	return []testCase{
		positionCase("D12_positions_that_differ_are_rearranged_bit_for_bit", plain, inWAV, inALSA, "LRlrCE", "LRCElr"),
		positionCase("D12_positions_at_the_side_are_the_rear_of_who_has_none", plain, inALSA, side, "LRCElr", "LRlrCE"),
		positionCase("D12_positions_that_are_equal_are_left_alone", plain, inWAV, inWAV, "LRCElr", "LRCElr"),
		positionCase("D12_a_client_that_says_no_positions_has_its_servers", plain, inWAV, silent, "123456", "123456"),
		positionCase("D12_who_says_positions_takes_a_silent_server_for_ALSA", plain, silent, inWAV, "LRCElr", "LRlrCE"),
		positionCase("D12_nobody_says_positions", plain, silent, silent, "123456", "123456"),
		positionCase("D12_direct_passes_positions_by", direct, inWAV, inALSA, "123456", "123456"),
		{name: "D12_positions_are_granted_and_seen", run: func(w *world) {
			wav := w.standing(6, audio.S16LE, inWAV)
			s := w.serverOf(pcm.Read, wav)
			c := w.client(pcm.Write)
			if s.Format() != wav || c.Format() != wav || w.status().Format != wav || w.status().Server.Format != wav {
				w.Fatal(s.Format().Positions, c.Format().Positions, w.status().Format.Positions)
			}
			alsa := w.standing(6, audio.S16LE, inALSA)
			w.ok(c.Setup(w.Context(), pcm.Setup{Format: alsa}))
			if c.Format() != alsa || w.status().Client.Format != alsa || w.status().Format != wav {
				w.Fatal(c.Format().Positions, w.status().Client.Format.Positions)
			}
			w.ok(c.Setup(w.Context(), pcm.Setup{Format: audio.Format{Channels: 2}}))
			if f := c.Format(); f.Positions.Known() || f.Channels != 2 {
				w.Fatal(f.Channels, f.Positions)
			}
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: alsa}))
			if s.Format() != alsa || w.status().Format != alsa {
				w.Fatal(s.Format().Positions)
			}
		}},
		{name: "D12_positions_set_after_the_client_came_count", run: func(w *world) {
			s := w.serverOf(pcm.Read, w.standing(6, audio.S16LE, inALSA))
			c := w.clientOf(pcm.Write, w.standing(6, audio.S16LE, inALSA))
			w.ok(s.Setup(w.Context(), pcm.Setup{Format: w.standing(6, audio.S16LE, inWAV)}))
			want := channelsOf(audio.S16LE, "LRCElr", period)
			if heard := w.carry(c, s, channelsOf(audio.S16LE, "LRlrCE", period)); !bytes.Equal(heard, want) {
				w.Fatalf("%q", heard[:12])
			}
		}},
		{name: "E25_D5_positions_that_cannot_be_are_EINVAL", run: func(w *world) {
			for _, f := range []audio.Format{
				w.standing(2, audio.S16LE, inWAV), w.standing(6, audio.S16LE, "FL FR"),
				{Positions: audio.PositionsOf(3, 3)}, {Positions: audio.PositionsOf(200, 3)},
				{Channels: 2, Positions: audio.PositionsOf(0, 3)},
			} {
				_, err := w.try(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Format: f})
				w.is(err, audio.ErrInvalid)
			}
			s, c := w.server(pcm.Read), w.client(pcm.Write)
			w.is(s.Setup(w.Context(), pcm.Setup{Format: w.standing(6, audio.S16LE, "FL FR")}), audio.ErrInvalid)
			w.is(c.Setup(w.Context(), pcm.Setup{Format: w.standing(6, audio.S16LE, "FL FR")}), audio.ErrInvalid)
		}},
		{name: "D12_stereo_that_is_exchanged_is_heard_so", run: func(w *world) {
			s := w.must(pcm.Options{Role: pcm.Server, Direction: pcm.Read})
			c := w.clientOf(pcm.Write, w.standing(2, audio.S16LE, "FR FL"))
			want := channelsOf(audio.S16LE, "LR", period)
			if heard := w.carry(c, s, channelsOf(audio.S16LE, "RL", period)); !bytes.Equal(heard, want) {
				w.Fatalf("%q", heard[:4])
			}
		}},
		{name: "D12_shared_clients_are_rearranged_each", spec: loop.Spec{Clients: loop.Shared}, run: func(w *world) {
			s := w.serverOf(pcm.Write, w.standing(6, audio.S16LE, inALSA))
			c := w.clientOf(pcm.Read, w.standing(6, audio.S16LE, inWAV))
			want := channelsOf(audio.S16LE, "LRCElr", 2*period)
			if heard := w.carry(s, c, channelsOf(audio.S16LE, "LRlrCE", 2*period)); !bytes.Equal(heard, want) {
				w.Fatalf("%q", heard[:12])
			}
		}},
		{name: "D12_attached_loops_have_the_order_they_are_told", card: true, run: func(w *world) {
			c := w.at("speaker").clientOf(pcm.Write, w.standing(2, audio.S16LE, "FR FL"))
			_, err := c.Write(w.Context(), channelsOf(audio.S16LE, "RL", 2*period))
			w.ok(err)
			c.runs()
			w.tick(2)
			if heard := w.heard(); !bytes.Equal(heard[:2*period*4], channelsOf(audio.S16LE, "LR", 2*period)) {
				w.Fatalf("%q", heard[:4])
			}
		}},
	}
}
