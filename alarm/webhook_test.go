package alarm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/api"
)

// pipes is a network in memory, so that time stays virtual.
type pipes struct {
	conns chan net.Conn
	end   context.Context
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.end.Done():
		return nil, net.ErrClosed
	}
}

func (*pipes) Close() error   { return nil }
func (*pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// request is one that a hook has got.
type request struct {
	at     time.Duration
	path   string
	header http.Header
	body   []byte
	alarm.Notice
}

// hooks is an HTTP server. It answers what the path says: /200, /500 …; /hang never answers, /503,200 the first time one,
// then the other.
type hooks struct {
	mu   sync.Mutex
	got  []request
	seen map[string]int
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := request{path: r.URL.Path, header: r.Header, body: body}
	_ = json.Unmarshal(body, &q.Notice)
	h.mu.Lock()
	answers := strings.Split(r.URL.Path[1:], ",")
	answer := answers[min(h.seen[r.URL.Path], len(answers)-1)]
	h.seen[r.URL.Path]++
	q.at = time.Duration(time.Now().UnixNano())
	h.got = append(h.got, q)
	h.mu.Unlock()
	if answer == "hang" {
		<-r.Context().Done()
		return
	}
	code := 0
	_, _ = fmt.Sscan(answer, &code)
	w.Header().Set("Location", "/200")
	w.WriteHeader(code)
}

// paths returns which requests came since it was called before.
func (h *hooks) take() (all []request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all, h.got = h.got, nil
	return all
}

// withHooks runs a test with hooks, in virtual time.
func withHooks(t *testing.T, f func(w *world, h *hooks)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, h := &pipes{conns: make(chan net.Conn), end: ctx}, &hooks{seen: map[string]int{}}
		server := &http.Server{Handler: h}
		served := make(chan struct{})
		go func() { defer close(served); _ = server.Serve(p) }()
		w := newWorld(t, func(o *alarm.Options) { o.Dial = p.dial })
		f(w, h)
		w.Close()
		cancel()
		_ = server.Close()
		<-served
	})
}

// hooked returns an alarm without a client whose hook answers something.
func hooked(answer string) alarm.Spec {
	return on(alarm.NoClient, answer, func(s *alarm.Spec) {
		s.Name, s.For, s.Clear, s.Webhook.URL = answer, 0, 0, "http://hook.example/"+answer
	})
}

// action returns how the webhook of an alarm gets on.
func (w *world) action(name string) alarm.Action {
	w.Helper()
	s, err := w.Alarm(name)
	if err != nil || len(s.Actions) != 1 {
		w.Fatal(s, err)
	}
	return s.Actions[0]
}

func TestWebhook(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(api.Description))
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	withHooks(t, func(w *world, h *hooks) {
		s := on(alarm.LevelAbove, "main", func(s *alarm.Spec) {
			s.Above, s.Webhook.URL, s.Webhook.SecretFile, s.Severity = alarm.At(-30), "http://hook.example/200", secret, alarm.Critical
		})
		w.set(s)
		p := w.at("main", 48000, 1)
		p.play(sine(-20), 6*time.Second)
		if err := w.Acknowledge("level-above", "anna", "on it"); err != nil {
			t.Fatal(err)
		}
		p.play(zeros, 11*time.Second)
		if results, err := w.Test(w.Context(), "level-above"); err != nil || len(results) != 1 || results[0].Err != nil {
			t.Errorf("%v %v", results, err)
		}
		got := h.take()
		var changes []string
		for i, q := range got {
			changes = append(changes, string(q.Change))
			var body any
			if err := json.Unmarshal(q.body, &body); err != nil {
				t.Fatal(err)
			}
			if err := doc.Components.Schemas["AlarmNotice"].Value.VisitJSON(body); err != nil {
				t.Errorf("%s: %v", q.body, err)
			}
			if want := alarm.Sign([]byte("0123456789abcdef"), q.body); q.header.Get(alarm.SignatureHeader) != want || q.header.Get("Content-Type") != "application/json" {
				t.Errorf("%v, want %s", q.header, want)
			}
			if q.Alarm != "level-above" || q.Of != "main" || q.Severity != alarm.Critical || i < 3 && q.Number != uint64(i+1) {
				t.Errorf("%s", q.body)
			}
		}
		if !slices.Equal(changes, []string{"raised", "acknowledged", "cleared", "test"}) {
			t.Errorf("%v", changes)
		}
		// The example of RFC 4231, 4.2, so that others find the same.
		if got := alarm.Sign([]byte(strings.Repeat("\x0b", 20)), []byte("Hi There")); got != "sha256=b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" {
			t.Errorf("%s", got)
		}
	})
}

// A hook that hangs, or fails, is tried again, less and less often, and nobody else waits for it.
func TestWebhookThatFails(t *testing.T) {
	withHooks(t, func(w *world, h *hooks) {
		w.set(hooked("hang"), hooked("500"), hooked("404"), hooked("302"), hooked("503,429,204"), hooked("200"))
		w.rest(20 * time.Second)
		times := map[string][]time.Duration{}
		for _, q := range h.take() {
			times[q.path] = append(times[q.path], (q.at-time.Duration(w.start.UnixNano())).Round(time.Second)/time.Second)
		}
		for path, want := range map[string][]time.Duration{
			"/500": {0, 1, 3, 7, 15}, "/hang": {0, 6, 13}, "/404": {0}, "/302": {0}, "/503,429,204": {0, 1, 3}, "/200": {0},
		} {
			if !slices.Equal(times[path], want) {
				t.Errorf("%s was called after %v s, want %v", path, times[path], want)
			}
		}
		for name, want := range map[string]alarm.Action{
			"200": {Name: "webhook", Done: 1}, "503,429,204": {Name: "webhook", Done: 1},
			"404":  {Name: "webhook", Failed: 1, Error: "hook.example answers 404 Not Found"},
			"302":  {Name: "webhook", Failed: 1, Error: "hook.example answers 302 Found: redirects are not followed, use the address that it leads to"},
			"500":  {Name: "webhook", Waiting: 1, Error: "hook.example answers 500 Internal Server Error"},
			"hang": {Name: "webhook", Waiting: 1, Error: "hook.example does not answer within 5s"},
		} {
			if got := w.action(name); got != want {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
		w.mu.Lock()
		failures := len(w.failures)
		w.mu.Unlock()
		if failures != 5 {
			t.Errorf("%d failures were told, want one of each: %v", failures, w.failures)
		}
		w.rest(alarm.GiveUp)
		if got := w.action("500"); got.Failed != 1 || got.Waiting != 0 {
			t.Errorf("it is not given up: %+v", got)
		}
		if n := len(h.take()); n > 150 {
			t.Errorf("%d attempts in an hour", n)
		}
	})
}

// What waits is bounded: the oldest are dropped and counted, and what comes last arrives.
func TestWebhookQueueIsBounded(t *testing.T) {
	withHooks(t, func(w *world, h *hooks) {
		w.set(hooked("hang,hang,200"))
		n := 0
		for n = 1; n < 1+2*alarm.MaxWaiting; n++ { // acknowledged again and again
			if err := w.Acknowledge("hang,hang,200", fmt.Sprint(n), ""); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if got := w.action("hang,hang,200"); got.Waiting != alarm.MaxWaiting || got.Dropped != uint64(n-alarm.MaxWaiting) {
			t.Errorf("%+v of %d", got, n)
		}
		if s, _ := w.Alarm("hang,hang,200"); len(s.History) != alarm.MaxPast || !strings.HasSuffix(s.History[alarm.MaxPast-1].Text, fmt.Sprint(n-1)) {
			t.Errorf("%+v", s.History)
		}
		w.rest(time.Minute)
		all := h.take()
		if first, last := all[0].Number, all[len(all)-1].Number; first != 1 || last != uint64(n) || len(all) != 2+alarm.MaxWaiting {
			t.Errorf("from %d to %d, %d", first, last, len(all))
		}
		if got := w.action("hang,hang,200"); got.Waiting != 0 || got.Done != alarm.MaxWaiting || got.Error != "" {
			t.Errorf("%+v", got)
		}
	})
}

// Nothing is sent without the signature that was asked for, and a secret that comes later is used.
func TestWebhookSecret(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	withHooks(t, func(w *world, h *hooks) {
		s := hooked("200")
		s.Webhook.SecretFile = secret
		w.set(s)
		for _, c := range []struct {
			text string
			mode os.FileMode
			want string
		}{
			{"", 0, "cannot be read"}, {"0123456789abcdef", 0o644, "whose mode is 0644"}, {"short", 0o600, "must hold 16..1024 bytes"},
		} {
			if c.mode != 0 {
				_ = os.Remove(secret)
				if err := os.WriteFile(secret, []byte(c.text), c.mode); err != nil || os.Chmod(secret, c.mode) != nil {
					t.Fatal(err)
				}
			}
			w.rest(time.Minute)
			if got := w.action("200"); !strings.Contains(got.Error, c.want) || len(h.take()) > 0 {
				t.Errorf("%q %o: %+v", c.text, c.mode, got)
			}
		}
		if err := os.WriteFile(secret, []byte("fedcba9876543210"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.rest(time.Minute)
		if all := h.take(); len(all) != 1 || all[0].header.Get(alarm.SignatureHeader) != alarm.Sign([]byte("fedcba9876543210"), all[0].body) {
			t.Errorf("%+v", all)
		}
	})
}

// What waits for a hook waits on in the process that takes the place of this one.
func TestNoticesAreHandedOver(t *testing.T) {
	var saved map[string]alarm.Saved
	withHooks(t, func(w *world, _ *hooks) {
		w.set(hooked("500"))
		w.rest(20 * time.Second)
		saved = w.Saved()
	})
	withHooks(t, func(w *world, h *hooks) {
		s := hooked("500")
		s.Webhook.URL = "http://hook.example/200"
		w.Restore(saved)
		w.set(s)
		w.rest(time.Second)
		if all := h.take(); len(all) != 1 || all[0].Number != 1 || all[0].Change != alarm.WasRaised {
			t.Errorf("%+v", all)
		}
	})
}

// Who was told that an alarm is raised is told if it is removed, also if the hook does not work at that time.
func TestRemovedAlarmsAreOver(t *testing.T) {
	withHooks(t, func(w *world, h *hooks) {
		s := hooked("200,503,503,200")
		w.set(s)
		w.rest(time.Second)
		w.set()
		w.rest(10 * time.Second)
		var got []string
		for _, q := range h.take() {
			got = append(got, string(q.Change))
		}
		if !slices.Equal(got, []string{"raised", "cleared", "cleared", "cleared"}) {
			t.Errorf("%v", got)
		}
		if !slices.Equal(w.triggers, []string{"+200,503,503,200", "-200,503,503,200"}) {
			t.Errorf("%v", w.triggers)
		}
	})
}
