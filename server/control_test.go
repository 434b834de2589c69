package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/wire"
)

// panel is a control socket, and a device with a loop at each side.
type panel struct {
	*testing.T
	bay       *loop.Patchbay
	board     *route.Board
	alarms    *alarm.Board
	engine    *loop.Engine
	clock     *backendtest.Clock
	recorders *record.Board
	path      string
	http      http.Client
}

func newPanel(t *testing.T) *panel {
	dir, err := os.MkdirTemp("", "lb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &panel{T: t, bay: loop.NewPatchbay(), clock: backendtest.NewClock(backend.Config{Play: true, Record: true}), path: control.Socket(filepath.Join(dir, "s"))}
	p.engine = loop.NewEngine("card", p.clock)
	if err := p.bay.AddDevice(p.engine); err != nil {
		t.Fatal(err)
	}
	for name, side := range map[string]audio.Direction{"speaker": audio.Play, "mic": audio.Record, "pipe": 0} {
		if err := p.bay.Add(loop.Spec{Name: name, Attached: side}, p.engine); err != nil {
			t.Fatal(err)
		}
	}
	p.board = route.NewBoard(p.bay)
	p.alarms = alarm.NewBoard(alarm.Options{Facts: func(string) alarm.Facts { return alarm.Facts{} }})
	t.Cleanup(p.alarms.Close)
	p.recorders = record.NewBoard(p.bay, record.OS())
	c, err := server.ListenControl(server.Socket{Path: p.path}, server.Panel{Version: "1.2", Bay: p.bay, Devices: onNetwork{p.bay, backendtest.NewClock(backend.Config{Record: true})}, Routes: boardOf{p.board}, Alarms: p.alarms, Recorders: p.recorders}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- c.Serve() }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", p.path)
	}}
	p.http.Transport = transport
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		p.recorders.Close()
		p.board.Close()
		p.bay.Close()
		for _, e := range p.bay.Devices() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

// ask is a request; the reply is read into to.
func (p *panel) ask(method, path, body string, to any) int {
	p.Helper()
	q, err := http.NewRequestWithContext(p.Context(), method, "http://x"+path, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	r, err := p.http.Do(q)
	if err != nil {
		p.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		p.Fatal(err)
	}
	describe(p.T, method, path, r.StatusCode, text)
	if err := json.Unmarshal(text, to); err != nil {
		p.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
	return r.StatusCode
}

type object = map[string]any

func TestControlDevices(t *testing.T) {
	p := newPanel(t)
	var list struct {
		Devices []struct {
			Name string
			Info object
		}
	}
	if code := p.ask("GET", "/v1/devices", "", &list); code != 200 || len(list.Devices) != 1 || list.Devices[0].Info["monitor_gain"] != 0.0 {
		t.Errorf("%d %v", code, list)
	}
	var reply object
	if code := p.ask("PATCH", "/v1/devices/card", `{"play":{"gain":128},"monitor_gain":7,"record.pause":true}`, &reply); code != 200 {
		t.Fatalf("%d %v", code, reply)
	}
	changes, _ := json.Marshal(reply["changes"])
	if string(changes) != `[{"field":"play.gain","new":128,"old":255},{"field":"monitor_gain","new":7,"old":0}]` || fmt.Sprint(reply["ignored"]) != "[record.pause]" {
		t.Errorf("%s, %v", changes, reply["ignored"])
	}
	if i := p.engine.Info(); i.Play.Gain != 128 || i.MonitorGain != 7 {
		t.Errorf("%+v", i)
	}
}

func TestControlVersion(t *testing.T) {
	p := newPanel(t)
	var v api.Version
	want := api.Version{Version: "1.2", Go: runtime.Version(), Protocol: wire.Version, PID: os.Getpid()}
	if code := p.ask("GET", "/v1/version", "", &v); code != 200 || v != want {
		t.Errorf("%d %+v, want %+v", code, v, want)
	}
}

func TestControlRefuses(t *testing.T) {
	p := newPanel(t)
	for _, c := range []struct {
		method, path, body string
		code               int
		words              string
	}{
		{"GET", "/v1", "", 404, "GET /v1/openapi.yaml"},
		{"POST", "/v1/devices/card", "", 405, ""},
		{"GET", "/v1/devices/x", "", 404, "there is no device x; there are card"},
		{"GET", "/v1/loops/x", "", 404, "there is no loop x"},
		{"PATCH", "/v1/devices/card", `{"play":{"gain":256}}`, 400, "play.gain = 256: out of range, use 0..255"},
		{"PATCH", "/v1/devices/card", `{"play":{"gain":1},"monitor_gain":"x"}`, 400, "monitor_gain"},
		{"PATCH", "/v1/devices/card", `{`, 400, ""},
		{"PATCH", "/v1/devices/card", `[]`, 400, ""},
		{"PATCH", "/v1/devices/card", strings.Repeat(" ", 70000) + `{}`, 400, "too large"},
	} {
		q, _ := http.NewRequestWithContext(t.Context(), c.method, "http://x"+c.path, strings.NewReader(c.body))
		r, err := p.http.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != c.code && !(c.code == 405 && r.StatusCode == 404) || !strings.Contains(string(text), c.words) {
			t.Errorf("%s %s %.40s: %d %s", c.method, c.path, c.body, r.StatusCode, text)
		}
	}
	if i := p.engine.Info(); i.Play.Gain != 255 || i.MonitorGain != 0 {
		t.Errorf("%+v", i)
	}
}

func TestControlLoops(t *testing.T) {
	p := newPanel(t)
	for range 3 {
		c, err := p.bay.Open(t.Context(), "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Abandon()
	}
	var list struct{ Loops []object }
	if code := p.ask("GET", "/v1/loops", "", &list); code != 200 || len(list.Loops) != 3 {
		t.Fatalf("%d %v", code, list)
	}
	var l object
	if code := p.ask("GET", "/v1/loops/speaker", "", &l); code != 200 || l["attached"] != "play" || len(l["clients"].([]any)) != 3 || l["server"].(object)["program"] != "device card" {
		t.Errorf("%d %v", code, l)
	}
	if p.ask("GET", "/v1/loops/pipe", "", &l); l["server"] != nil || l["attached"] != "" {
		t.Errorf("%v", l)
	}
	if format := l["format"].(object); format["positions"] != nil {
		t.Errorf("nobody has said positions: %v", format)
	}
	s, err := p.bay.Open(t.Context(), "pipe", pcm.Options{
		Role: pcm.Server, Direction: pcm.Read, Format: audio.Format{Channels: 6, Positions: wav.Positions(6)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Abandon()
	if p.ask("GET", "/v1/loops/pipe", "", &l); l["format"].(object)["positions"] != "FL FR FC LFE RL RR" {
		t.Errorf("%v", l)
	}
}

// TestStatesByName: whatever has a state is found by its name, with one request.
func TestStatesByName(t *testing.T) {
	p := newPanel(t)
	for path, want := range map[string]string{
		"": "card", "card": "card", "speaker": "speaker", "pipe%2Fserver": "pipe/server", "pipe/server": "pipe/server", "pipe%2Fclient": "pipe",
		"nosuch": "", "speaker%2Fserver": "", "pipe%2F7": "",
	} {
		var s struct{ Name, Error string }
		code := p.ask("GET", "/v1/states/"+path, "", &s)
		if found := want != ""; (code == 200) != found || found && s.Name != want || !found && (code != 404 || s.Error == "") {
			t.Errorf("%s is %d %+v, want %q", path, code, s, want)
		}
		var l struct{ Play struct{ Frames *int } }
		if code := p.ask("GET", "/v1/levels/"+path, "", &l); (code == 200) != (want != "") {
			t.Errorf("the levels of %s are %d", path, code)
		}
	}
	var set struct{ Changes []object }
	if code := p.ask("PATCH", "/v1/states/mic", `{"record.gain":100}`, &set); code != 200 || len(set.Changes) != 1 {
		t.Errorf("%d %v", code, set)
	}
}

// TestOpenAPI holds the description against the code: what it has is answered, with what
// it says.
func TestOpenAPI(t *testing.T) {
	p := newPanel(t)
	r, err := p.http.Get("http://x/v1/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	path := ""
	pathLine, methodLine := regexp.MustCompile(`^  (/\S*):$`), regexp.MustCompile(`^    (get|patch|post|put|delete):$`)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if m := pathLine.FindStringSubmatch(line); m != nil {
			path = m[1]
		} else if m := methodLine.FindStringSubmatch(line); m != nil {
			found = append(found, strings.ToUpper(m[1])+" "+path)
		}
	}
	slices.Sort(found)
	routes := server.Handlers()
	for i := range routes {
		routes[i] = strings.NewReplacer("...}", "}", "{$}", "").Replace(routes[i]) // a name may have slashes
	}
	slices.Sort(routes)
	if !slices.Equal(found, routes) {
		t.Errorf("described are %q, answered %q", found, routes)
	}
}

func TestControlEventsD26(t *testing.T) {
	p := newPanel(t)
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	q, _ := http.NewRequestWithContext(ctx, "GET", "http://x/v1/events", nil)
	r, err := p.http.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	next := func() (e object) {
		t.Helper()
		for lines.Scan() {
			if text, found := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); found {
				if err := json.Unmarshal(text, &e); err != nil {
					t.Fatal(err)
				}
				describeAs(t, "Event", e)
				return e
			}
		}
		t.Fatal("the stream has ended")
		return nil
	}
	lines.Scan() // the greeting: it listens
	var reply object
	p.ask("PATCH", "/v1/devices/card", `{"play":{"balance":1}}`, &reply)
	if e := next(); e["kind"] != "set" || e["device"] != "card" || len(e["changes"].([]any)) != 1 {
		t.Errorf("%v", e)
	}
	c, err := p.bay.Open(t.Context(), "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Holder: pcm.Holder{Program: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	if e := next(); e["kind"] != "open" || e["loop"] != "speaker" || e["end"] != "client" || e["program"] != "test" {
		t.Errorf("%v", e)
	}
	if e := next(); e["kind"] != "open" || e["device"] != "card" {
		t.Errorf("%v", e)
	}
	c.Abandon()
	if e := next(); e["kind"] != "close" {
		t.Errorf("%v", e)
	}
}

// TestEventReadersThatStallAreCutOff: nobody waits for them.
func TestEventReadersThatStallAreCutOff(t *testing.T) {
	p := newPanel(t)
	conn, err := net.Dial("unix", p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 20)
	if _, err := io.ReadFull(conn, first); err != nil {
		t.Fatal(err)
	}
	var reply object
	for i := range 6000 { // more than socket and queue hold, and the reader does not read
		if code := p.ask("PATCH", "/v1/devices/card", fmt.Sprintf(`{"play":{"gain":%d,"balance":%d},"monitor_gain":%d}`, i%200, i%60, i%100), &reply); code != 200 {
			t.Fatal(code)
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(hang))
	if n, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("after %d bytes: %v, want the end", n, err)
	}
}

func TestControlEndsD18(t *testing.T) {
	p := newPanel(t)
	c, err := p.bay.Open(t.Context(), "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Holder: pcm.Holder{PID: 77}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abandon()
	var set struct {
		Name    string
		Info    struct{ Play object }
		Changes []object
	}
	for end, name := range map[string]string{"77": "speaker/77", "client": "speaker"} {
		path := "/v1/loops/speaker/ends/" + end
		if code := p.ask("PATCH", path, `{"play":{"gain":100,"balance":7}}`, &set); code != 200 || set.Name != name || len(set.Changes) != 2 {
			t.Fatalf("%d %v", code, set)
		}
		if code := p.ask("GET", path, "", &set); code != 200 || set.Info.Play["gain"] != 100.0 || set.Info.Play["open"] != true {
			t.Errorf("%d %v", code, set)
		}
	}
	var l object
	p.ask("GET", "/v1/loops/speaker", "", &l)
	if got := l["clients"].([]any)[0].(object); got["gain"] != 100.0 || got["balance"] != 7.0 || got["mute"] != false {
		t.Errorf("%v", got)
	}
	p.ask("GET", "/v1/loops/pipe/ends/server", "", &set)
	if set.Name != "pipe/server" || set.Info.Play["open"] != false {
		t.Errorf("%v", set)
	}
	for path, c := range map[string]struct {
		body string
		code int
	}{
		"speaker/ends/78": {`{}`, 404}, "speaker/ends/x": {`{}`, 404}, "none/ends/client": {`{}`, 404}, "speaker/ends/server": {`{}`, 404},
		"speaker/ends/77": {`{"play.gain":256}`, 400}, "pipe/ends/client": {`{"monitor_gain":1}`, 400}, "mic/ends/client": {`{"volume":1}`, 400},
	} {
		if code := p.ask("PATCH", "/v1/loops/"+path, c.body, &l); code != c.code {
			t.Errorf("%s %s: %d %v, want %d", path, c.body, code, l, c.code)
		}
	}
}

func TestControlDrainsAndHalts(t *testing.T) {
	p := newPanel(t)
	c, err := p.bay.Open(t.Context(), "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: 4800})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abandon()
	write := func() {
		t.Helper()
		if n, err := c.Write(t.Context(), make([]byte, 4800*4)); n != 4800 || err != nil {
			t.Fatal(n, err)
		}
	}
	post := func(path string) int {
		t.Helper()
		r, err := p.http.Post("http://x"+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	write()
	drained := make(chan int, 1)
	go func() { drained <- post("/v1/loops/speaker/drain") }()
	for deadline := time.Now().Add(hang); !p.bay.Status()[2].Client.Draining && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	p.clock.Advance(480)
	select {
	case code := <-drained:
		t.Errorf("%d, and nine tenths are still to be played", code)
	default:
	}
	p.clock.Advance(5760)
	if code := <-drained; code != 204 || c.Delay() != 0 {
		t.Errorf("%d, %d frames are not played", code, c.Delay())
	}
	write()
	if code := post("/v1/loops/speaker/halt"); code != 204 || c.Delay() != 0 {
		t.Errorf("%d, %d frames are left", code, c.Delay())
	}
	for path, want := range map[string]int{"/v1/loops/none/halt": 404, "/v1/loops/none/drain": 404, "/v1/loops/pipe/drain": 204, "/v1/loops/mic/halt": 204} {
		if code := post(path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}
