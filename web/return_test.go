package web_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/loopbridge/loopbridge/server"
)

// The daemon goes, and another one comes to the same address: the page says so, and comes back by itself.
func returns(t *testing.T, window context.Context) {
	first := daemon(t, anywhere(), lines(1)...)
	at := first.Remote.Address()
	v := visit(t, window, first)
	v.sees(`document.getElementById("state").textContent === "connected"`)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	v.sees(`document.getElementById("state").textContent === "not connected" && !document.getElementById("banner").hidden`)
	second := daemon(t, at, lines(2)...)
	defer func() {
		if err := second.Stop(); err != nil {
			t.Error(err)
		}
	}()
	v.sees(`document.getElementById("state").textContent === "connected" && document.getElementById("banner").hidden`)
	v.sees(`document.querySelectorAll(".strip").length === 4`)
	v.sees(`document.querySelector('` + record + ` [role=meter]').getAttribute("aria-valuenow") === "-20.0"`)
}

// Where nobody may read without the token, the page asks for it first, and shows nothing.
func asksFirst(t *testing.T, window context.Context) {
	d := daemonOf(t, server.TCP{Address: anywhere()}, server.Panel{}, lines(1)...)
	defer func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	}()
	v := arrives(t, window, d, "http://"+d.Remote.Address().String())
	v.sees(`document.getElementById("signin").open && document.getElementById("signin-cancel").hidden`)
	v.do(chromedp.KeyEvent(kb.Escape)) // it does not go away
	v.sees(`document.getElementById("signin").open && document.getElementById("state").textContent === "signed out"`)
	v.do(chromedp.SendKeys(chromedp.CSS("#token"), secret+"\r"))
	v.sees(`document.querySelectorAll(".strip").length === 3 && !document.getElementById("signin").open`)
	v.click("#sign")
	v.sees(`document.getElementById("signin").open && document.querySelectorAll(".strip").length === 0`)
}
