package server_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// looks opens a WebSocket of a remote, with the token.
func (r *remote) looks(ctx context.Context, path string) *websocket.Conn {
	r.Helper()
	c, _, err := websocket.Dial(ctx, r.base+path, &websocket.DialOptions{HTTPClient: &r.http, HTTPHeader: http.Header{"Authorization": {"Bearer " + secret}}})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { c.CloseNow() })
	return c
}

// told is the next message.
func (r *remote) told(ctx context.Context, c *websocket.Conn) (m api.LiveMessage) {
	r.Helper()
	_, text, err := c.Read(ctx)
	if err != nil {
		r.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		r.Fatal(err)
	}
	describeAs(r.T, "LiveMessage", plain)
	if err := json.Unmarshal(text, &m); err != nil {
		r.Fatal(err)
	}
	return m
}

// asksLive sends a request.
func asksLive(t *testing.T, c *websocket.Conn, r api.LiveRequest) {
	t.Helper()
	text, err := json.Marshal(r)
	var plain any
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err != nil {
		t.Fatal(err)
	}
	describeAs(t, "LiveRequest", plain)
	if err := c.Write(t.Context(), websocket.MessageText, text); err != nil {
		t.Fatal(err)
	}
}

// A WebSocket has meters, events and errors.
func TestLiveOverAWebSocket(t *testing.T) {
	r := newRemote(t, "", "")
	ctx := servertest.Guard(t)
	c := r.looks(ctx, "/v1/live")
	if m := r.told(ctx, c); m.Hello == nil || m.Hello.PID == 0 {
		t.Errorf("the first message is %+v", m)
	}
	yes := true
	asksLive(t, c, api.LiveRequest{Meters: &api.LiveMeters{Places: []string{"loop0/client"}, Want: []string{"true_peak", "loudness"}}, Events: &yes})
	if m := r.told(ctx, c); len(m.Meters) != 1 || m.Meters[0] != nil {
		t.Errorf("nobody holds the end, and it shows %+v", m)
	}
	for _, p := range playsTone(t, r, 0.5) {
		defer p.Close(ctx)
	}
	opened, heard := false, false
	for !opened || !heard {
		m := r.told(ctx, c)
		opened = opened || m.Event != nil && m.Event.Kind == "open"
		heard = heard || len(m.Meters) == 1 && m.Meters[0] != nil && m.Meters[0].Peak[0] != nil && *m.Meters[0].Peak[0] == -602
	}
	asksLive(t, c, api.LiveRequest{Reset: true})
	asksLive(t, c, api.LiveRequest{Meters: &api.LiveMeters{Places: []string{""}}})
	var errors []string
	for len(errors) < 2 {
		if m := r.told(ctx, c); m.Error != "" {
			errors = append(errors, m.Error)
		}
	}
	if !strings.Contains(errors[0], "own") || !strings.Contains(errors[1], "no place") {
		t.Errorf("refusals are %q", errors)
	}
}

// playsTone opens both ends of loop0, and a client writes a constant. It returns the ends.
func playsTone(t *testing.T, r *remote, level float32) []*pcm.PCM {
	samples := make([]float32, 960)
	for i := range samples {
		samples[i] = level
	}
	return plays(t, r, audio.FloatLE, func(block []byte) { audio.FloatLE.Encode(block, samples, nil) })
}

// plays opens both ends of loop0, and a client writes blocks of 480 frames.
func plays(t *testing.T, r *remote, e audio.Encoding, fill func(block []byte)) (ends []*pcm.PCM) {
	t.Helper()
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: e}
	ctx := servertest.Guard(t)
	for _, o := range []pcm.Options{{Role: pcm.Server, Direction: pcm.Read, Format: f}, {Role: pcm.Client, Direction: pcm.Write, Format: f}} {
		p, err := client.Open(ctx, r.Path, "loop0", o)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, p)
	}
	go func() {
		for block := make([]byte, 480*f.FrameBytes()); ; {
			if _, err := ends[0].Read(ctx, block); err != nil {
				return
			}
		}
	}()
	go func() {
		for block := make([]byte, 480*f.FrameBytes()); ; {
			fill(block)
			if _, err := ends[1].Write(ctx, block); err != nil {
				return
			}
		}
	}()
	return ends
}

// An event stream has the same, for programs without a WebSocket.
func TestLiveAsAnEventStream(t *testing.T) {
	p := newPanel(t)
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	for query, want := range map[string]string{"place=": "no place", "place=card&every=x": "no number", "events=perhaps": "true or false"} {
		var refusal api.Error
		if code := p.ask("GET", "/v1/live?"+query, "", &refusal); code != 400 || !strings.Contains(refusal.Error, want) {
			t.Errorf("%s: refused with %d %q", query, code, refusal.Error)
		}
	}
	q, _ := http.NewRequestWithContext(ctx, "GET", "http://x/v1/live?place=card:play&want=loudness&events=true", nil)
	a, err := p.http.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	lines := bufio.NewScanner(a.Body)
	for meters := 0; meters < 3 && lines.Scan(); {
		text, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		var m any
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		describeAs(t, "LiveMessage", m)
		if strings.HasPrefix(text, `{"meters":[{`) {
			meters++
		}
	}
	if lines.Err() != nil {
		t.Error(lines.Err())
	}
}

// What is heard through listen is what a program plays, sample for sample, with the channels that were asked for.
func TestListen(t *testing.T) {
	r := newRemote(t, "", "")
	ctx := servertest.Guard(t)
	straight, crossed := r.looks(ctx, "/v1/listen/loop0/client"), r.looks(ctx, "/v1/listen/loop0/client?left=2&right=1")
	var f api.ListenFormat
	if kind, text, err := straight.Read(ctx); err != nil || kind != websocket.MessageText || json.Unmarshal(text, &f) != nil || f.Rate != 0 {
		t.Fatalf("before a program plays, %v %q %v", kind, text, err)
	}
	for _, p := range playsRamp(t, r) {
		defer p.Close(ctx)
	}
	for i, c := range []*websocket.Conn{straight, crossed} {
		heard, last := 0, 0
		for heard < 4800 {
			kind, frames, err := c.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for ; kind == websocket.MessageBinary && len(frames) > 0; frames = frames[4:] {
				left, right := int(int16(binary.LittleEndian.Uint16(frames))), int(int16(binary.LittleEndian.Uint16(frames[2:])))
				if i == 1 {
					left, right = right, left
				}
				if left == 0 && right == 0 { // before the first
					continue
				}
				if right != -left || last != 0 && left != last%rampTop+1 && heard%rampTop == 0 {
					t.Fatalf("after %d frames, %d is followed by %d and %d", heard, last, left, right)
				}
				heard, last = heard+1, left
			}
		}
	}
	for path, want := range map[string]int{"/v1/listen/nobody": 404, "/v1/listen/loop0?left=0": 400, "/v1/listen/loop0?right=x": 400, "/v1/listen/loop0/client": 426} {
		if a, _ := r.do(r.request("GET", path, "")); a.StatusCode != want {
			t.Errorf("%s is answered with %d, want %d", path, a.StatusCode, want)
		}
	}
}

// rampTop is the last sample of a ramp before its first, 1.
const rampTop = 30000

// playsRamp opens both ends of loop0, and a client writes 1, 2, … on the left and −1, −2, … on the right.
func playsRamp(t *testing.T, r *remote) []*pcm.PCM {
	at := 0
	return plays(t, r, audio.S16LE, func(block []byte) {
		for i := 0; i < len(block); i += 4 {
			at = at%rampTop + 1
			binary.LittleEndian.PutUint16(block[i:], uint16(at))
			binary.LittleEndian.PutUint16(block[i+2:], uint16(-at))
		}
	})
}

// Programs in Go follow the event stream through package control.
func TestLiveOfPackageControl(t *testing.T) {
	p := newPanel(t)
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	c := control.New(strings.TrimSuffix(p.path, control.Socket("")))
	defer c.Close()
	err := c.Live(ctx, api.LiveRequest{Meters: &api.LiveMeters{Places: []string{""}}}, func(api.LiveMessage) {})
	if !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), "no place") {
		t.Errorf("no place is refused with %v", err)
	}
	hello, meters := 0, 0
	err = c.Live(ctx, api.LiveRequest{Meters: &api.LiveMeters{Places: []string{"card:play", "nothing"}, Want: []string{"loudness"}, Every: 50}},
		func(m api.LiveMessage) {
			switch {
			case m.Hello != nil:
				hello++
			case len(m.Meters) == 2 && m.Meters[0] != nil && m.Meters[1] == nil:
				if meters++; meters == 2 {
					cancel()
				}
			}
		})
	if !errors.Is(err, context.Canceled) || hello != 1 || meters < 2 {
		t.Errorf("%v after %d hellos and %d meters", err, hello, meters)
	}
}

// The last hours come in as many values as are asked for; what nobody kept is an empty list.
func TestHistoryOfTheLastHours(t *testing.T) {
	p := newPanel(t)
	for query, want := range map[string]float64{"": 120, "?hours=1": 10, "?hours=1&points=36": 100, "?hours=0.001": 10, "?points=8640": 10} {
		var h api.History
		if code := p.ask("GET", "/v1/history"+query, "", &h); code != 200 || h.Seconds != want || h.Places == nil || h.Devices == nil {
			t.Errorf("%s: %d %+v, want %v s", query, code, h, want)
		}
	}
	for _, query := range []string{"hours=0", "hours=-1", "hours=NaN", "hours=25", "hours=x", "points=0", "points=8641", "points=x"} {
		var refusal api.Error
		if code := p.ask("GET", "/v1/history?"+query, "", &refusal); code != 400 || !strings.Contains(refusal.Error, ": use ") {
			t.Errorf("%s: refused with %d %q", query, code, refusal.Error)
		}
	}
}

// Two hundred come at once. Who finds room is served, others are told; some never read, all vanish, and the next one is served.
func TestTwoHundredViewers(t *testing.T) {
	r := newRemote(t, "", "")
	ctx := servertest.Guard(t)
	look := func() (*websocket.Conn, error) {
		c, a, err := websocket.Dial(ctx, r.base+"/v1/live", &websocket.DialOptions{HTTPClient: &r.http, HTTPHeader: http.Header{"Authorization": {"Bearer " + secret}}})
		if err != nil && a != nil && a.StatusCode != http.StatusServiceUnavailable {
			return nil, err
		}
		if err != nil { // the daemon hangs up before it reads, so that the sentence may not arrive
			return nil, nil
		}
		t.Cleanup(func() { c.CloseNow() })
		return c, nil
	}
	var viewers []*websocket.Conn
	for range 200 {
		c, err := look()
		if err != nil {
			t.Fatal(err)
		}
		if c != nil {
			viewers = append(viewers, c)
		}
	}
	if n := len(viewers); n < 8 || n > 128 {
		t.Fatalf("%d of 200 are served", n)
	}
	for i, c := range viewers {
		asksLive(t, c, api.LiveRequest{Meters: &api.LiveMeters{Places: []string{"loop0/client"}}})
		if i%4 > 0 { // the others never read
			for r.told(ctx, c).Meters == nil {
			}
		}
	}
	for _, c := range viewers {
		c.CloseNow()
	}
	servertest.Until(t, "there is room again", func() bool {
		c, err := look()
		if err != nil || c == nil {
			return false
		}
		defer c.CloseNow()
		return r.told(ctx, c).Hello != nil
	})
}
