package top

import (
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// The line about a device of the network says what that does to packets.
func TestNetworkText(t *testing.T) {
	n := api.Network{Receives: true, Sends: true, Packets: 9, Lost: 2, Late: 1, Jitter: 0.25, Latency: 4, Sender: "10.0.0.1:5004", Sent: 7}
	for side, want := range map[audio.Direction]string{
		audio.Record: "9 packets, 2 lost, 1 late, jitter 0.25 ms, latency 4.00 ms, from 10.0.0.1:5004", audio.Play: "7 packets sent",
	} {
		d := api.State{Name: "net", Hardware: &api.Hardware{RunsOn: "239.1.1.1:5004", Period: 48, Periods: 2, Network: &n}}
		if got := deviceStrip(&Snapshot{}, &d, side).detail; !strings.HasSuffix(got, "period 48 of 96 frames, "+want) {
			t.Errorf("%s: %q, want %q", side, got, want)
		}
	}
}
