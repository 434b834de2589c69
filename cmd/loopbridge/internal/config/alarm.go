package config

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

// Limits of an alarm.
const (
	maxAlarmTime  = 24 * time.Hour
	minHookTime   = 100 * time.Millisecond
	maxHookTime   = time.Minute
	maxCommand    = 64 // arguments
	aPlaceOfSound = `a device, a loop or a route, where both can be with its side, such as "main:record", "phone/server" or "route/talk"`
)

func (b *binder) alarm(path string, v any) alarm.Spec {
	var s alarm.Spec
	for _, key := range []struct{ name, use string }{{"name", aName}, {"on", oneOf(kindWords())}, {"of", aPlaceOfSound}} {
		b.require(path, v, key.name, key.use)
	}
	var on alarm.Kind
	if table, isATable := v.(map[string]any); isATable {
		word, _ := table["on"].(string)
		on = alarm.Kind(word)
	}
	c, known := alarm.Find(on) // if not, the fields of an unknown one are not looked at closely
	s = alarm.Default(on)
	fields := []field{
		{"name", setName(&s.Name)},
		{"on", setOneOf(&s.On, alarm.Kinds()...)},
		{"of", setText(&s.Of, "not a place, use ", aPlaceOfSound, func(text string) bool { _, err := tap.ParsePlace(text); return err == nil })},
		{"severity", setOneOf(&s.Severity, alarm.Info, alarm.Warning, alarm.Critical)},
		{"above", ofKind(c.Above.Use != alarm.No, on, setLimit(&s.Above, c.Unit, c.Above))},
		{"below", ofKind(c.Below.Use != alarm.No, on, setLimit(&s.Below, c.Unit, c.Below))},
		{"hysteresis", ofKind(c.Above.Use != alarm.No || c.Below.Use != alarm.No, on, setHysteresis(&s.Hysteresis, &c))},
		{"channel", ofKind(c.Channels, on, setInt(&s.Channel, 1, audio.MaxChannels))},
		{"window", ofKind(on == alarm.Loudness, on, setOneOf(&s.Window, alarm.Momentary, alarm.ShortTerm, alarm.Integrated))},
		{"per", ofKind(on == alarm.Xruns || on == alarm.PacketsLost, on, setDuration(&s.Per, time.Second, maxAlarmTime, "1s..24h"))},
		{"for", ofKind(!c.Moment, on, setDuration(&s.For, 0, maxAlarmTime, "0s..24h"))},
		{"clear", setDuration(&s.Clear, 0, maxAlarmTime, "0s..24h")},
		{"webhook", func(v any) string { b.webhook(join(path, "webhook"), v, &s.Webhook); return "" }},
		{"command", func(v any) string { b.command(join(path, "command"), v, &s.Command); return "" }},
	}
	b.table(path, v, fields)
	if known {
		b.threshold(path, &s)
	}
	return s
}

func kindWords() (words []string) {
	for _, k := range alarm.Kinds() {
		words = append(words, k.String())
	}
	return words
}

// threshold reports a threshold that is missing.
func (b *binder) threshold(path string, s *alarm.Spec) {
	c, _ := alarm.Find(s.On)
	for _, t := range []struct {
		key   string
		set   alarm.Limit
		bound alarm.Bound
		other string
	}{{"above", s.Above, c.Above, "below"}, {"below", s.Below, c.Below, "above"}} {
		if t.set.Set || b.given(join(path, t.key)) {
			continue
		}
		switch use := rangeText(c.Unit, t.bound); {
		case t.bound.Use == alarm.Must:
			b.missing(path, t.key, use)
		case t.key == "above" && c.Lacks(s) != "" && !b.given(join(path, t.other)):
			b.missing(path, t.key, use+", or below")
		}
	}
}

// ofKind is set, if the condition has such a key.
func ofKind(has bool, on alarm.Kind, set func(any) string) func(any) string {
	_, known := alarm.Find(on)
	switch {
	case !known: // that is reported
		return func(any) string { return "" }
	case has:
		return set
	}
	return func(any) string { return "has no effect with on = \"" + string(on) + "\": leave it out" }
}

// rangeText says what a threshold can be.
func rangeText(u alarm.Unit, bound alarm.Bound) string {
	if u == alarm.Time {
		return fmt.Sprintf(`a duration such as "%s", %v..%v`, u.Example(), milliseconds(bound.Least), milliseconds(bound.Most))
	}
	unit := ""
	if u != alarm.Number {
		unit = string(u)
	}
	text := fmt.Sprintf("%s%s..%s%s", number(bound.Least), unit, number(bound.Most), unit)
	if u == alarm.Number {
		return "a number " + text
	}
	return fmt.Sprintf(`a text with its unit such as "%s", %s`, u.Example(), text)
}

func milliseconds(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// setLimit accepts a threshold in its unit.
func setLimit(to *alarm.Limit, u alarm.Unit, bound alarm.Bound) func(any) string {
	return func(v any) string {
		value, reason := quantity(v, u, rangeText(u, bound))
		if reason == "" && (value < bound.Least || value > bound.Most) {
			reason = "out of range, use " + rangeText(u, bound)
		}
		if reason == "" {
			*to = alarm.At(value)
		}
		return reason
	}
}

// setHysteresis accepts a difference of thresholds.
func setHysteresis(to *float64, c *alarm.Condition) func(any) string {
	most := max(c.Above.Most-c.Above.Least, c.Below.Most-c.Below.Least)
	bound := alarm.Bound{Most: most}
	return func(v any) string {
		var limit alarm.Limit
		reason := setLimit(&limit, c.Unit, bound)(v)
		if reason == "" {
			*to = limit.Value
		}
		return reason
	}
}

// quantity reads a number, or a text with a unit.
func quantity(v any, u alarm.Unit, use string) (value float64, reason string) {
	switch v := v.(type) {
	case int64:
		if u == alarm.Number {
			return float64(v), ""
		}
	case float64:
		if u == alarm.Number {
			return v, ""
		}
	case string:
		value, ok := u.Parse(v)
		if u == alarm.Number || !ok {
			return 0, "cannot be read, use " + use
		}
		return value, ""
	}
	return 0, wrongType(v, use)
}

func (b *binder) webhook(path string, v any, w *alarm.Webhook) {
	b.require(path, v, "url", "the address where notices are posted")
	b.table(path, v, []field{
		{"url", setText(&w.URL, "not an address, use ", `one such as "https://alerts.example.org/loopbridge", without a user`, alarm.CheckURL)},
		{"secret_file", setPath(&w.SecretFile, "no signature")},
		{"timeout", setDuration(&w.Timeout, minHookTime, maxHookTime, "100ms..1m")},
	})
}

func (b *binder) command(path string, v any, c *alarm.Command) {
	const use = `an array of the path of a program and its arguments, such as ["/usr/local/bin/page", "studio"]`
	b.require(path, v, "run", use)
	b.table(path, v, []field{
		{"run", func(v any) string {
			words, isArray := v.([]any)
			if !isArray {
				return wrongType(v, use)
			}
			c.Run = nil
			for i, v := range words {
				word, isText := v.(string)
				if !isText {
					b.wrong(element(join(path, "run"), i), wrongType(v, "a string"))
				} else if strings.ContainsRune(word, 0) {
					b.wrong(element(join(path, "run"), i), "has a NUL, which no argument can have")
				}
				c.Run = append(c.Run, word)
			}
			switch {
			case len(words) == 0:
				return "is empty, use " + use
			case len(words) > maxCommand:
				return fmt.Sprintf("has %d words, use at most %d", len(words), maxCommand)
			case !filepath.IsAbs(c.Run[0]):
				return "does not begin with an absolute path, use " + use
			}
			return ""
		}},
		{"timeout", setDuration(&c.Timeout, minHookTime, maxAlarmTime, "100ms..24h")},
	})
}

// watched checks that there is what alarms are of.
func (b *binder) watched(c *Config) {
	names := make([]string, len(c.Alarms))
	for i := range c.Alarms {
		names[i] = c.Alarms[i].Name
	}
	b.unique("alarm", names)
	if b.partial {
		return
	}
	for i := range c.Alarms {
		s := &c.Alarms[i]
		condition, known := alarm.Find(s.On)
		if reason := c.unwatchable(s.Of, condition.Needs); known && s.Of != "" && reason != "" {
			b.wrong(join(element("alarm", i), "of"), reason)
		}
	}
}

// unwatchable says why an alarm cannot be of something, or "".
func (c *Config) unwatchable(of string, needs alarm.Need) string {
	if place, err := tap.ParsePlace(of); needs == alarm.Sound && err == nil {
		of = place.Subject
	}
	name, isRoute := strings.CutPrefix(of, "route/")
	base, end, hasEnd := strings.Cut(of, "/")
	device, loop, route := !hasEnd && c.device(of) != nil, c.Loop(base), isRoute && c.Route(name) != nil
	isLoop := loop != nil && !hasEnd
	recorder, isRecorder := strings.CutPrefix(of, "recorder/")
	isEnd := isLoop || loop != nil && (end == "client" || end == "server" && loop.Attached == 0)
	fits := map[alarm.Need]bool{
		alarm.Sound: device || isEnd || route, alarm.End: device || isEnd, alarm.Device: device, alarm.Clocked: device || route,
		alarm.Routed: route, alarm.Looped: isLoop && loop.Attached == 0,
		alarm.Recording: isRecorder && c.Recorder(recorder) != nil,
	}
	use := map[alarm.Need]string{
		alarm.Sound: aPlaceOfSound, alarm.End: `a device or a loop, or an end of one, such as "main" or "phone/server"`, alarm.Device: `a device such as "main"`,
		alarm.Clocked: `a device or a route, such as "main" or "route/talk"`, alarm.Routed: `a route such as "route/talk"`,
		alarm.Looped: `a loop whose server is a program, such as "phone"`, alarm.Recording: `a recorder such as "recorder/hall"`,
	}
	if fits[needs] {
		return ""
	}
	return "is not in this file, or not what this condition watches, use " + use[needs]
}

// alarms plans what happens to alarms. None of it is heard.
func (p *planner) alarms() {
	for i := range p.from.Alarms {
		if name := p.from.Alarms[i].Name; p.to.Alarm(name) == nil {
			p.add(Step{Action: Remove, Table: OfAlarm, Name: name})
		}
	}
	for i := range p.to.Alarms {
		now := &p.to.Alarms[i]
		was := p.from.Alarm(now.Name)
		if was == nil {
			p.add(Step{Action: Add, Table: OfAlarm, Name: now.Name})
			continue
		}
		all, _ := differences(alarmKeys(was), alarmKeys(now))
		if len(all) == 0 {
			continue
		}
		s := Step{Action: Change, Table: OfAlarm, Name: now.Name, Keys: all}
		if !was.Same(now) { // it is another one
			s.Action = Replace
		}
		p.add(s)
	}
}

func alarmKeys(s *alarm.Spec) []key {
	c, _ := alarm.Find(s.On)
	limit := func(l alarm.Limit) string {
		if !l.Set {
			return ""
		}
		return number(l.Value) + string(c.Unit)
	}
	command := ""
	if len(s.Command.Run) > 0 {
		command = fmt.Sprintf("%q within %v", s.Command.Run, s.Command.Timeout)
	}
	webhook := ""
	if s.Webhook.URL != "" {
		webhook = fmt.Sprintf("%s within %v", s.Webhook.URL, s.Webhook.Timeout)
	}
	return []key{
		fixed("on", s.On), fixed("of", s.Of), live("severity", s.Severity), live("above", limit(s.Above)), live("below", limit(s.Below)),
		live("hysteresis", s.Hysteresis), fixed("channel", s.Channel), fixed("window", s.Window), live("per", s.Per), live("for", s.For),
		live("clear", s.Clear), live("webhook", webhook), live("webhook.secret_file", s.Webhook.SecretFile), live("command", command),
	}
}
