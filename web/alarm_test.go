package web_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/tap"
)

// alarms are server.Alarms once there is a patchbay that they can watch.
type alarms struct{ atomic.Pointer[alarm.Board] }

func (a *alarms) Alarms() []alarm.Status                  { return a.Load().Alarms() }
func (a *alarms) Alarm(name string) (alarm.Status, error) { return a.Load().Alarm(name) }
func (a *alarms) Acknowledge(name, by, text string) error {
	return a.Load().Acknowledge(name, by, text)
}
func (a *alarms) Test(ctx context.Context, name string) ([]alarm.Result, error) {
	return a.Load().Test(ctx, name)
}

// raises pulls a fader down until the input is silent, acknowledges the alarm, and pushes it up again.
func raises(t *testing.T, window context.Context) {
	a := &alarms{}
	d := daemonOf(t, server.TCP{Address: anywhere(), Open: true}, server.Panel{Alarms: a}, lines(1)...)
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	kinds := map[alarm.Change]event.Kind{alarm.WasRaised: event.AlarmRaised, alarm.WasAcknowledged: event.AlarmAcknowledged, alarm.WasCleared: event.AlarmCleared}
	board := alarm.NewBoard(alarm.Options{
		Listen: func(p tap.Place, ear tap.Ear) func() { return d.Hub.Listen(p, ear).Close },
		Tell: func(n alarm.Notice) {
			d.Bay.Tell(event.Event{Kind: kinds[n.Change], Device: "alarm/" + n.Alarm, Note: n.Text})
		},
	})
	a.Store(board)
	defer board.Close()
	silent := alarm.Default(alarm.Silence)
	silent.Name, silent.Of, silent.For, silent.Clear = "input-silent", "console:record", 200*time.Millisecond, 200*time.Millisecond
	if err := board.Set([]alarm.Spec{silent}); err != nil {
		t.Fatal(err)
	}
	v := visit(t, window, d)
	v.signsIn()
	v.do(chromedp.Focus(chromedp.CSS(record+" input[type=range]")), chromedp.KeyEvent(kb.Home))
	v.sees(`document.getElementById("alarm-count").textContent === "1" && !document.getElementById("alarm-count").hidden`)
	v.goes("#alarms")
	v.sees(`document.querySelector("#alarms tbody tr").dataset.state === "raised"`)
	v.do(chromedp.SendKeys(chromedp.CSS("#ack-note"), "somebody is on the way"))
	v.click(`[aria-label="Acknowledge input-silent"]`)
	v.sees(`document.querySelector("#alarms tbody tr").dataset.state === "acknowledged" && document.getElementById("alarm-count").hidden`)
	if s, err := board.Alarm("input-silent"); err != nil || s.Ack.Text != "somebody is on the way" {
		t.Errorf("the alarm is %+v, %v", s, err)
	}
	v.goes("#strips")
	v.do(chromedp.Focus(chromedp.CSS(record+" input[type=range]")), chromedp.KeyEvent(kb.End))
	v.goes("#alarms")
	v.sees(`document.querySelector("#alarms tbody tr").dataset.state === "ok"`)
	v.sees(`document.querySelectorAll("#alarms .history li").length === 3`)
	history := asks[[]string](v, `return [...document.querySelectorAll("#alarms .history li")].map((l) => l.textContent.split(" ").slice(1, 3).join(" "))`)
	if history[0] != "input-silent cleared:" || history[1] != "input-silent acknowledged:" || history[2] != "input-silent raised:" {
		t.Errorf("what happened is %q", history)
	}
	v.goes("#events")
	v.sees(`document.querySelector("#events tbody").textContent.includes("alarm cleared")`)
}
