package web_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/backend/sleep"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// secret is the token of the daemons.
const secret = "open-sesame-open-sesame-open"

// hang is how long anything may take before a test fails: longer than any host delays a browser.
const hang = 2 * time.Minute

// browser starts a Chromium, which ends with the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("not tested: the page in a browser; there is no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, // root cannot have one
		chromedp.WSURLReadTimeout(hang), chromedp.WindowSize(1280, 800))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	return ctx
}

// desk is a daemon, and a tab of a browser with its page.
type desk struct {
	*testing.T
	*servertest.Daemon
	tab  context.Context
	base string
}

// board takes routes once there is a patchbay for them.
type board struct{ atomic.Pointer[route.Board] }

func (b *board) Add(text []byte) (string, error) {
	spec := route.Spec{Setting: mixer.Neutral()}
	if err := json.Unmarshal(text, &spec); err != nil {
		return "", audio.ErrInvalid.With("not a route: %v", err)
	}
	_, err := b.Load().Add(spec)
	return spec.Name, err
}

func (b *board) Remove(name string) error                { return b.Load().Remove(name) }
func (b *board) Route(name string) (*route.Route, error) { return b.Load().Route(name) }
func (b *board) Routes() []*route.Route                  { return b.Load().Routes() }

// daemon starts a device that records a tone of 1 kHz at -20 dBFS, and loops.
func daemon(t *testing.T, at netip.AddrPort, loops ...loop.Spec) *servertest.Daemon {
	t.Helper()
	return daemonOf(t, server.TCP{Address: at, Open: true}, server.Panel{}, loops...)
}

func daemonOf(t *testing.T, at server.TCP, panel server.Panel, loops ...loop.Spec) *servertest.Daemon {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tone, err := null.Tone(audio.DefaultFormat(), 1000, -20)
	if err != nil {
		t.Fatal(err)
	}
	console, err := patient("console", tone)
	if err != nil {
		t.Fatal(err)
	}
	routes := &board{}
	at.TokenFile, panel.Routes, panel.Version = file, routes, "1.2.3"
	d, err := servertest.New(servertest.Options{
		Socket: server.Socket{Path: servertest.Socket(t)}, Devices: []*loop.Engine{console}, Loops: loops,
		Panel: panel, TCP: at,
	})
	if err != nil {
		t.Fatal(err)
	}
	routes.Store(route.NewBoard(d.Bay))
	t.Cleanup(routes.Load().Close)
	return d
}

// anywhere is a free port.
func anywhere() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:0") }

// visit opens the page of a daemon in a tab of its own. What the page throws, and what its policy forbids, fails the test.
func visit(t *testing.T, window context.Context, d *servertest.Daemon) *desk {
	t.Helper()
	return visitAt(t, window, d, "http://"+d.Remote.Address().String())
}

func visitAt(t *testing.T, window context.Context, d *servertest.Daemon, base string) *desk {
	t.Helper()
	v := arrives(t, window, d, base)
	v.sees(`document.querySelectorAll(".strip").length > 0`)
	return v
}

// arrives is a visit that may not see anything yet.
func arrives(t *testing.T, window context.Context, d *servertest.Daemon, base string) *desk {
	t.Helper()
	tab, cancel := chromedp.NewContext(window, chromedp.WithNewBrowserContext())
	v := &desk{T: t, Daemon: d, tab: tab, base: base}
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	said := chromedp.Console(tab)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range said {
			if err != nil {
				return
			}
			if m.IsException() || strings.Contains(m.Text, "Content Security Policy") {
				t.Errorf("the page says: %v", m)
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-heard
	})
	v.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(v.base+"/"))
	return v
}

// do is something that must succeed.
func (v *desk) do(steps ...chromedp.Action[chromedp.Void]) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.tab, hang)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.Fatal(err)
	}
}

// click clicks an element.
func (v *desk) click(selector string) {
	v.Helper()
	v.do(chromedp.Click(chromedp.CSS(selector)))
}

// sees waits until an expression is true in the page.
func (v *desk) sees(expression string) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.tab, hang)
	defer cancel()
	for {
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if yes {
			return
		}
		select {
		case <-ctx.Done():
			v.Fatalf("waited in vain for %s; %v", expression, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// until waits until something has happened outside of the page.
func (v *desk) until(what string, happened func() bool) {
	v.Helper()
	for start := time.Now(); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > hang {
			v.Fatalf("waited in vain for %s", what)
		}
	}
}

// asks is what a script, which may be awaited, results in.
func asks[T any](v *desk, script string) T {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.tab, hang)
	defer cancel()
	r, err := chromedp.Run(ctx, chromedp.Evaluate[T]("(async()=>{"+script+"})()", chromedp.EvalAwaitPromise))
	if err != nil {
		v.Fatalf("%s: %v", script, err)
	}
	return r
}

// goes shows a view, such as #routes.
func (v *desk) goes(view string) {
	v.Helper()
	v.click(`a[href="` + view + `"]`)
	v.sees(`!document.querySelector("` + view + `").hidden`)
}

// signsIn has the token typed into the form.
func (v *desk) signsIn() {
	v.Helper()
	v.click("#sign")
	v.do(chromedp.SendKeys(chromedp.CSS("#token"), secret+"\r"))
	v.sees(`document.getElementById("sign").textContent === "Sign out" && !document.getElementById("signin").open`)
}

// patient is a device with a buffer of half a second: neither a picture nor a tone has holes because of the machine that makes it.
func patient(name string, input null.Source) (*loop.Engine, error) {
	c := backend.Config{Play: true, Record: true, Format: audio.DefaultFormat(), Period: 480, Periods: 50}
	s, err := null.Open(c, null.Options{Input: input})
	if err != nil {
		return nil, err
	}
	clock := sleep.NewMonotonic()
	return loop.NewEngineWith(name, s, loop.EngineOptions{Now: clock.Now})
}
