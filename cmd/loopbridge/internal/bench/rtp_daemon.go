package bench

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/loopbridge/loopbridge/client/control"
)

// freePorts returns UDP ports of the loopback interface that nobody has now.
func freePorts(count int) (ports []uint16, err error) {
	var held []net.PacketConn
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	for range count {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		held = append(held, c)
		ports = append(ports, c.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	}
	return ports, nil
}

// receiving is the configuration of the daemon that receives, each stream at its ports.
func (b *RTP) receiving(ports [][]uint16) string {
	return b.config(ports, "record", func(w *strings.Builder) {
		fmt.Fprintf(w, "[device.receive]\nlatency = \"%dns\"\n", b.Latency)
	})
}

// sending is that of the daemon that sends.
func (b *RTP) sending(ports [][]uint16) string {
	return b.config(ports, "play", func(w *strings.Builder) { fmt.Fprintln(w, "[device.send]") })
}

func (b *RTP) config(ports [][]uint16, side string, direction func(w *strings.Builder)) string {
	var w strings.Builder
	fmt.Fprintln(&w, "[daemon]\nlog = \"error\"\nstate = \"none\"")
	for i, paths := range ports {
		fmt.Fprintf(&w, "[[device]]\nname = \"net%d\"\nbackend = \"rtp\"\nrate = %d\nchannels = %d\nperiod = \"%dns\"\n", i,
			b.Format.Rate, b.Format.Channels, b.Period)
		direction(&w)
		fmt.Fprintf(&w, "payload = %q\npacket = \"%dns\"\n", b.Payload, b.Packet)
		for path, port := range paths {
			fmt.Fprintf(&w, "%s = %q\n", []string{"address", "second"}[path], loopbackPort(port))
		}
		fmt.Fprintf(&w, "[[loop]]\nname = %q\nserver = { device = \"net%d\", side = %q }\n", loopName(i), i, side)
	}
	return w.String()
}

// Streamed is what the devices of a daemon have received, in packets, and frames.
type Streamed struct {
	Packets    uint64 `json:"packets"`
	Lost       uint64 `json:"packets_lost"`
	Late       uint64 `json:"packets_late"`
	Reordered  uint64 `json:"packets_reordered"`
	Duplicates uint64 `json:"packets_twice"`
	Recovered  uint64 `json:"packets_recovered"`
	Refused    uint64 `json:"datagrams_refused"`
	Concealed  uint64 `json:"frames_concealed"`
	Restarts   uint64 `json:"restarts"`
}

func (s Streamed) minus(o Streamed) Streamed {
	return Streamed{s.Packets - o.Packets, s.Lost - o.Lost, s.Late - o.Late, s.Reordered - o.Reordered, s.Duplicates - o.Duplicates,
		s.Recovered - o.Recovered, s.Refused - o.Refused, s.Concealed - o.Concealed, s.Restarts - o.Restarts}
}

// streamsOf adds up what all devices of a daemon have received.
func streamsOf(ctx context.Context, socket string) (s Streamed, err error) {
	devices, err := control.New(socket).Devices(ctx)
	for _, d := range devices {
		if d.Hardware == nil || d.Hardware.Network == nil {
			continue
		}
		n := d.Hardware.Network
		s.Packets += n.Packets
		s.Lost += n.Lost
		s.Late += n.Late
		s.Reordered += n.Reordered
		s.Duplicates += n.Duplicates
		s.Recovered += n.Recovered
		s.Refused += n.Refused
		s.Concealed += n.Concealed
		s.Restarts += n.Restarts
	}
	return s, err
}
