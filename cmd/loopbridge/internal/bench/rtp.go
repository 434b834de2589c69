package bench

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/rtptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// RTP carries numbered frames from one daemon to another, over devices of the network on the loopback interface, and
// checks every frame. What happens to the packets is chosen.
//
//	bench worker ─▶ loop ─▶ device ═▶ rtptest.Relay, if packets are to be harmed ═▶ device ─▶ loop ─▶ bench worker
//	                  the sending daemon                                        the receiving daemon
type RTP struct {
	Exe      string // loopbridge
	Streams  int
	Format   audio.Format  // of the programs, and rate and channels of the streams
	Payload  string        // of the packets: L16, L24
	Packet   time.Duration // of sound in a packet
	Period   time.Duration // of engines and programs
	Buffer   int           // of programs, in periods
	Latency  time.Duration // of the jitter buffers
	Paths    int           // 1 or 2, which carry the same packets
	Harm     Harm          // on each path
	Duration time.Duration

	Progress func(format string, args ...any)
}

// Harm is what a network does to packets. Shares are in percent.
type Harm struct {
	Loss      float64
	Burst     float64 // the mean of packets lost in a row
	Jitter    time.Duration
	Reorder   float64 // held back for the time of two packets
	Duplicate float64
	Seed      uint64 // of what happens
}

func (b *RTP) fault() rtptest.Fault {
	return rtptest.Fault{Loss: b.Harm.Loss / 100, Burst: b.Harm.Burst, Jitter: b.Harm.Jitter, Duplicate: b.Harm.Duplicate / 100,
		Swap: b.Harm.Reorder / 100, Behind: 2 * b.Packet}
}

// parts is how many measurements there are: the median counts.
const parts = 5

// Run starts daemons and programs, measures while all streams carry frames, and stops them, also when ctx ends.
func (b *RTP) Run(ctx context.Context) (*RTPReport, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	b.Progress("starting %d streams", b.Streams)
	lab, err := b.lab()
	if err != nil {
		return nil, err
	}
	defer lab.close()
	if lab.to, err = startDaemonWith(ctx, fail, b.Exe, b.receiving(lab.ports)); err != nil {
		return nil, err
	}
	if lab.from, err = startDaemonWith(ctx, fail, b.Exe, b.sending(lab.targets())); err != nil {
		return nil, err
	}
	spec := workerSpec{Pairs: b.Streams, Format: b.Format, Period: b.frames(b.Period), Slots: 4096}
	spec.Buffer = b.Buffer * spec.Period
	stamps, shared, err := newStamps(b.Streams, spec.Slots)
	if err != nil {
		return nil, err
	}
	defer stamps.close()
	defer shared.Close()
	programs := &rtpPrograms{}
	defer programs.end()
	if err := programs.start(ctx, fail, b, lab, shared, spec); err != nil {
		return nil, err
	}
	r := newRTPReport(b)
	if err := b.measure(ctx, r, lab); err != nil {
		return nil, err
	}
	wrote, read, err := programs.finish(ctx)
	if err != nil {
		return nil, err
	}
	r.sum(wrote, read)
	return r, b.follows(r)
}

// frames returns how many frames a time is, at least one.
func (b *RTP) frames(d time.Duration) int { return max(1, int(b.Format.Frames(d))) }

// rtpLab is the network and its ends.
type rtpLab struct {
	ports    [][]uint16 // of the receivers: one for each path
	relays   [][]*rtptest.Relay
	from, to *daemon
}

// lab chooses ports, and puts relays before them if packets are to be harmed.
func (b *RTP) lab() (l *rtpLab, err error) {
	l = &rtpLab{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	free, err := freePorts(b.Streams * b.Paths)
	if err != nil {
		return l, err
	}
	harmless := b.fault().Harmless()
	for ports := range slices.Chunk(free, b.Paths) {
		l.ports = append(l.ports, ports)
		if harmless {
			continue
		}
		var relays []*rtptest.Relay
		for _, port := range ports {
			to := rtptest.Way{To: loopbackPort(port), Fault: b.fault(), Seed: b.Harm.Seed + uint64(port)}
			relay, err := rtptest.NewRelay(loopbackPort(0), nil, to)
			if err != nil {
				return l, err
			}
			relays = append(relays, relay)
		}
		l.relays = append(l.relays, relays)
	}
	return l, nil
}

func loopbackPort(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

// targets are the ports to which the streams are sent.
func (l *rtpLab) targets() [][]uint16 {
	if l.relays == nil {
		return l.ports
	}
	var all [][]uint16
	for _, relays := range l.relays {
		var ports []uint16
		for _, r := range relays {
			ports = append(ports, r.Addr().Port())
		}
		all = append(all, ports)
	}
	return all
}

// lost returns how many datagrams the relays have lost.
func (l *rtpLab) lost() (n uint64) {
	for _, relays := range l.relays {
		for _, r := range relays {
			for _, c := range r.Counts() {
				n += c.Lost
			}
		}
	}
	return n
}

func (l *rtpLab) close() {
	for _, d := range []*daemon{l.from, l.to} {
		if d != nil {
			d.close()
		}
	}
	for _, relays := range l.relays {
		for _, r := range relays {
			_ = r.Close()
		}
	}
}

// rtpPrograms are the processes that write and read.
type rtpPrograms struct{ readers, writers teams }

// start returns when numbered frames come out of all streams.
func (p *rtpPrograms) start(ctx context.Context, fail context.CancelCauseFunc, b *RTP, l *rtpLab, shared *os.File,
	spec workerSpec) error {
	read, write := spec, spec
	read.Direction, read.Socket = pcm.Read, l.to.socket
	write.Direction, write.Socket = pcm.Write, l.from.socket
	// Before the first frame there is silence, until the receiver has found the stream, and while it fades in.
	const found = 3 * time.Second
	for i := range b.Streams {
		read.Ends = append(read.Ends, endSpec{Loop: loopName(i), Pair: i, Role: pcm.Client, Endless: true})
		write.Ends = append(write.Ends, endSpec{Loop: loopName(i), Pair: i, Role: pcm.Client, Fades: int(found / b.Period)})
	}
	for _, side := range []struct {
		teams *teams
		spec  workerSpec
	}{{&p.readers, read}, {&p.writers, write}} {
		t, err := startTeam(fail, b.Exe, shared, side.spec)
		if err != nil {
			return err
		}
		*side.teams = append(*side.teams, t)
		if _, err := side.teams.expect(ctx, eventOpen); err != nil {
			return err
		}
	}
	_, err := slices.Concat(p.writers, p.readers).expect(ctx, eventRunning)
	return err
}

// finish ends the writing, and then the reading.
func (p *rtpPrograms) finish(ctx context.Context) (wrote, read []workerEvent, err error) {
	p.writers.stop()
	if wrote, err = p.writers.expect(ctx, eventDone); err != nil {
		return nil, nil, err
	}
	p.readers.stop()
	read, err = p.readers.expect(ctx, eventDone)
	return wrote, read, err
}

func (p *rtpPrograms) end() {
	p.writers.end()
	p.readers.end()
}

// measure fills in what the daemons use, and what the streams count meanwhile.
func (b *RTP) measure(ctx context.Context, r *RTPReport, l *rtpLab) error {
	before, err := streamsOf(ctx, l.to.socket)
	if err != nil {
		return err
	}
	harmed := l.lost()
	var from, to []usage
	for i := range parts {
		b.Progress("measuring, %d of %d", i+1, parts)
		fromBefore, err := l.from.usage()
		if err != nil {
			return err
		}
		toBefore, err := l.to.usage()
		if err != nil {
			return err
		}
		if err := pause(ctx, b.Duration/parts); err != nil {
			return err
		}
		fromAfter, err := l.from.usage()
		if err != nil {
			return err
		}
		toAfter, err := l.to.usage()
		if err != nil {
			return err
		}
		from, to = append(from, fromAfter.minus(fromBefore)), append(to, toAfter.minus(toBefore))
	}
	after, err := streamsOf(ctx, l.to.socket)
	if err != nil {
		return err
	}
	r.Sending, r.Receiving = newRTPCost(from, b.Streams), newRTPCost(to, b.Streams)
	r.Harmed = l.lost() - harmed
	r.Streamed = after.minus(before)
	if r.Streamed.Packets == 0 {
		return fmt.Errorf("the receiving daemon has got no packets")
	}
	return nil
}
