package web_test

import (
	"context"
	"testing"
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
