package server_test

import (
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

func TestControlAlarms(t *testing.T) {
	p := newPanel(t)
	var list struct{ Alarms []object }
	if code := p.ask("GET", "/v1/alarms", "", &list); code != 200 || list.Alarms == nil || len(list.Alarms) != 0 {
		t.Errorf("%d %v", code, list)
	}
	alone, well := alarm.Default(alarm.NoClient), alarm.Default(alarm.Drift)
	alone.Name, alone.Of, alone.For, alone.Command.Run = "alone", "pipe", 0, []string{"/nowhere/pager"}
	well.Name, well.Of, well.Above = "well", "card", alarm.At(50)
	if err := p.alarms.Set([]alarm.Spec{alone, well}); err != nil {
		t.Fatal(err)
	}
	var a object
	servertest.Until(t, "the alarm", func() bool {
		a = nil
		return p.ask("GET", "/v1/alarms/alone", "", &a) == 200 && a["state"] == "raised"
	})
	if code := p.ask("GET", "/v1/alarms", "", &list); code != 200 || len(list.Alarms) != 2 || list.Alarms[1]["above"] != 50.0 || list.Alarms[1]["unit"] != "ppm" {
		t.Errorf("%d %v", code, list)
	}
	for _, c := range []struct {
		path, body string
		code       int
		text       string
	}{
		{"/v1/alarms/none/ack", "", 404, "there is no alarm none"},
		{"/v1/alarms/none/test", "", 404, "there is no alarm none"},
		{"/v1/alarms/well/ack", "", 409, "the alarm well is not raised, so there is nothing to acknowledge"},
		{"/v1/alarms/alone/ack", "[]", 400, "not an object with by and text: "},
		{"/v1/alarms/alone/ack", `{"text": "` + strings.Repeat("x", 1001) + `"}`, 400, "by and text have at most 1000 bytes"},
		{"/v1/alarms/alone/ack", `{"by": "anna\u001b[31m", "text": "a\n b"}`, 200, ""},
	} {
		a = nil
		code := p.ask("POST", c.path, c.body, &a)
		if text, _ := a["error"].(string); code != c.code || !strings.HasPrefix(text, c.text) {
			t.Errorf("%s %s: %d %v, want %d %s", c.path, c.body, code, a, c.code, c.text)
		}
	}
	if ack, _ := a["ack"].(object); a["state"] != "acknowledged" || ack["by"] != "anna?[31m" || ack["text"] != "a b" {
		t.Errorf("%v", a)
	}
	if code := p.ask("POST", "/v1/alarms/alone/ack", "", &a); code != 200 || a["ack"].(object)["by"] == "" {
		t.Errorf("%d %v", code, a)
	}
	var test struct{ Results []object }
	if code := p.ask("POST", "/v1/alarms/alone/test", "", &test); code != 200 || len(test.Results) != 1 || test.Results[0]["action"] != "command" || test.Results[0]["error"] == nil {
		t.Errorf("%d %v", code, test)
	}
	if code := p.ask("POST", "/v1/alarms/well/test", "", &test); code != 200 || len(test.Results) != 0 {
		t.Errorf("%d %v", code, test)
	}
}
