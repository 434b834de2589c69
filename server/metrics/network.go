package metrics

import (
	"strconv"

	"github.com/loopbridge/loopbridge/loop"
)

// addNetworks adds what the devices of the network have seen since their streams were opened. The labels are those of the
// configuration: no sender can add one.
func addNetworks(p *page, devices []*loop.Engine) {
	packets := p.counter("network_packets_total", "Packets of RTP that a device has received, without duplicates.")
	lost := p.counter("network_lost_packets_total", "Packets that never came, in no path.")
	late := p.counter("network_late_packets_total", "Packets that came after their frames were due.")
	reordered := p.counter("network_reordered_packets_total", "Packets that came after a later one, in time.")
	duplicates := p.counter("network_duplicate_packets_total", "Packets that had come before, in the same path.")
	recovered := p.counter("network_recovered_packets_total", "Packets that one path lost and the other brought.")
	refused := p.counter("network_refused_datagrams_total", "Datagrams that are none of the stream: malformed, of another payload, of strangers.")
	concealed := p.counter("network_concealed_frames_total", "Frames that were faded or silent, as their packets were lost or late.")
	restarts := p.counter("network_restarts_total", "How often the sender began anew.")
	sent := p.counter("network_sent_packets_total", "Packets that a device has sent, in each path.")
	failed := p.counter("network_failed_packets_total", "Packets that the network did not take.")
	far := p.counter("network_far_lost_packets_total", "Packets that the far end has not got, as it says (RTCP).")
	trip := p.gauge("network_round_trip_seconds", "The time to the far end and back, by RTCP. Missing until it is known.")
	jitter := p.gauge("network_jitter_seconds", "Jitter of the arrival, as RFC 3550 defines it.")
	latency := p.gauge("network_latency_seconds", "Latency of the jitter buffer.")
	target := p.gauge("network_target_latency_seconds", "The latency of the jitter buffer that is wanted.")
	pathPackets := p.counter("network_path_packets_total", "Packets that came on a path.")
	pathLost := p.counter("network_path_lost_packets_total", "Packets that did not come on a path.")
	for _, e := range devices {
		n, ok := e.Network()
		if !ok {
			continue
		}
		of := label("device", e.Name())
		if n.Sends {
			sent.count(n.Sent, of)
			failed.count(n.Failed, of)
			far.count(n.FarLost, of)
		}
		if n.RoundTrip > 0 {
			trip.add(n.RoundTrip.Seconds(), of)
		}
		if !n.Receives {
			continue
		}
		packets.count(n.Packets, of)
		lost.count(n.Lost, of)
		late.count(n.Late, of)
		reordered.count(n.Reordered, of)
		duplicates.count(n.Duplicates, of)
		recovered.count(n.Recovered, of)
		refused.count(n.Refused, of)
		concealed.count(n.Concealed, of)
		restarts.count(n.Restarts, of)
		jitter.add(n.Jitter.Seconds(), of)
		latency.add(n.Latency.Seconds(), of)
		target.add(n.Target.Seconds(), of)
		for i, path := range n.Paths {
			of := of.with("path", strconv.Itoa(i+1), "to", path.To)
			pathPackets.count(path.Packets, of)
			pathLost.count(path.Lost, of)
		}
	}
}
