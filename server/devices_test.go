package server_test

import (
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
)

// heardClock is a stream of a network.
type heardClock struct{ *backendtest.Clock }

func (heardClock) Network() backend.Network {
	return backend.Network{
		Receives: true, Sends: true, Packets: 1, Lost: 2, Late: 3, Reordered: 4, Duplicates: 5, Recovered: 6, Refused: 7, Concealed: 8, Restarts: 9,
		Paths: []backend.Path{{To: "239.1.1.1:5004", Packets: 10, Lost: 11}}, Sent: 12, Failed: 13, FarLost: 19, RoundTrip: 20 * time.Millisecond, Jitter: 14 * time.Microsecond,
		Latency: 15 * time.Millisecond, Target: 16 * time.Millisecond, Sender: "10.0.0.1:17", SSRC: 18, Reference: "its own",
	}
}

// onNetwork is a server.Devices with one device that can be added.
type onNetwork struct {
	bay   *loop.Patchbay
	clock *backendtest.Clock
}

func (n onNetwork) Add(text []byte) (string, error) {
	if string(text) != "{}" {
		return "", audio.ErrInvalid.With("not a device")
	}
	return "net", n.bay.AddDevice(loop.NewEngine("net", heardClock{n.clock}))
}

func (n onNetwork) Remove(name string) error {
	e, err := n.bay.RemoveDevice(name)
	if err != nil {
		return err
	}
	return e.Close()
}

func (n onNetwork) Description(name string) ([]byte, error) {
	if name != "net" {
		return nil, audio.ErrNoDevice.With("there is no device %s", name)
	}
	return []byte("v=0\r\n"), nil
}

func (onNetwork) Streams() api.Streams {
	return api.Streams{Listens: true, Streams: []api.Stream{{Name: "desk", Payload: "L24", Addresses: []string{"239.1.1.1:5004"}}}}
}

// The replies are as openapi.yaml has them, which panel.ask checks.
func TestControlNetwork(t *testing.T) {
	p := newPanel(t)
	var r, list object
	if code := p.ask("POST", "/v1/devices", "[]", &r); code != 400 || r["error"] != "not a device" {
		t.Errorf("%d %v", code, r)
	}
	r = nil
	if code := p.ask("POST", "/v1/devices", "{}", &r); code != 201 || r["name"] != "net" {
		t.Fatalf("%d %v", code, r)
	}
	want := object{
		"receives": true, "sends": true, "packets": 1., "lost": 2., "late": 3., "reordered": 4., "duplicates": 5., "recovered": 6., "refused": 7.,
		"concealed_frames": 8., "restarts": 9., "paths": []any{object{"to": "239.1.1.1:5004", "packets": 10., "lost": 11.}}, "sent": 12., "failed": 13., "far_lost": 19., "round_trip_ms": 20.,
		"jitter_ms": 0.014, "latency_ms": 15., "target_ms": 16., "sender": "10.0.0.1:17", "ssrc": 18., "reference": "its own",
	}
	if got := r["hardware"].(object)["network"]; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if code := p.ask("GET", "/v1/devices/card", "", &r); code != 200 || r["hardware"].(object)["network"] != nil {
		t.Errorf("a card is on a network: %d %v", code, r)
	}
	if code := p.ask("GET", "/v1/streams", "", &list); code != 200 || list["streams"].([]any)[0].(object)["name"] != "desk" {
		t.Errorf("%d %v", code, list)
	}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x/v1/devices/net/sdp", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := p.http.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(reply.Body)
	reply.Body.Close()
	if string(text) != "v=0\r\n" || reply.Header.Get("Content-Type") != "application/sdp" {
		t.Errorf("%q %v", text, reply.Header)
	}
	if q, err = http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x/metrics", http.NoBody); err != nil {
		t.Fatal(err)
	}
	if reply, err = p.http.Do(q); err != nil {
		t.Fatal(err)
	}
	text, _ = io.ReadAll(reply.Body)
	reply.Body.Close()
	for _, want := range []string{
		`packets_total{device="net"} 1`, `lost_packets_total{device="net"} 2`, `late_packets_total{device="net"} 3`, `reordered_packets_total{device="net"} 4`,
		`duplicate_packets_total{device="net"} 5`, `recovered_packets_total{device="net"} 6`, `refused_datagrams_total{device="net"} 7`,
		`concealed_frames_total{device="net"} 8`, `restarts_total{device="net"} 9`, `path_packets_total{device="net",path="1",to="239.1.1.1:5004"} 10`,
		`path_lost_packets_total{device="net",path="1",to="239.1.1.1:5004"} 11`, `sent_packets_total{device="net"} 12`, `failed_packets_total{device="net"} 13`, `far_lost_packets_total{device="net"} 19`, `round_trip_seconds{device="net"} 0.02`,
		`jitter_seconds{device="net"} 1.4e-05`, `latency_seconds{device="net"} 0.015`, `target_latency_seconds{device="net"} 0.016`,
	} {
		if !strings.Contains(string(text), "\nloopbridge_network_"+want+"\n") {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(string(text), `network_packets_total{device="card"}`) {
		t.Error("a card is on a network")
	}
	for _, c := range []struct {
		name string
		want int
	}{{"none", 404}, {"card", 409}, {"net", 204}, {"net", 404}} {
		if code := p.delete("/v1/devices/" + c.name); code != c.want {
			t.Errorf("DELETE %s is %d, want %d", c.name, code, c.want)
		}
	}
}
