package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample"
)

// Route is a [[route]]: a patch cord from one place to another.
type Route struct {
	route.Spec
	Line   int  // in the file; 0: an operator has asked for it
	Meters bool // what it plays is measured all the time
}

// added reports whether an operator has added it to a running daemon.
func (r *Route) added() bool { return r.Line == 0 }

// mayCycle reports whether it may close a cycle.
func (r *Route) mayCycle() bool { return r.Feedback && r.Setting.Gain < mixer.MaxGain }

// Limits of the latency of a route.
const (
	minLatency = time.Millisecond
	maxLatency = 4 * time.Second
)

// DefaultRoute returns a route without a name and places.
func DefaultRoute() Route {
	return Route{Spec: route.Spec{Quality: resample.Good, Setting: mixer.Neutral()}}
}

const (
	aPlace      = `a device ("main"), a side of one ("main/play"), or an end of a loop ("phone", "phone/server")`
	channelsUse = `channels of both places, from 1, such as "1,2 -> 3,4"`
)

func (b *binder) route(path string, v any) Route {
	r := DefaultRoute()
	for _, key := range []struct{ name, use string }{{"name", aName}, {"from", aPlace}, {"to", aPlace}} {
		b.require(path, v, key.name, key.use)
	}
	b.table(path, v, []field{
		{"name", setName(&r.Name)},
		{"from", setPlace(&r.From)},
		{"to", setPlace(&r.To)},
		{"gain", setInt(&r.Setting.Gain, 0, mixer.MaxGain)},
		{"balance", setInt(&r.Setting.Balance, 0, mixer.MaxBalance)},
		{"mute", setBool(&r.Setting.Mute)},
		{"pause", setBool(&r.Paused)},
		{"meters", setBool(&r.Meters)},
		{"latency", setDuration(&r.Latency, minLatency, maxLatency, "1ms..4s")},
		{"drift", setOneOf(&r.Drift, route.Auto, route.Resample, route.Pitch, route.None)},
		{"quality", setOneOf(&r.Quality, resample.Qualities()...)},
		{"channels", setChannels(&r.Spec)},
		{"feedback", setBool(&r.Feedback)},
	})
	return r
}

// setPlace accepts the name of a place; crossCheck looks for it.
func setPlace(to *string) func(any) string {
	return setText(to, "not a place, use ", aPlace, func(s string) bool {
		base, end, _ := strings.Cut(s, "/")
		var name string
		return setName(&name)(base) == "" && (end == "" && !strings.HasSuffix(s, "/") || setName(&name)(end) == "")
	})
}

// setChannels accepts which channels go where: "1,2 -> 3,4".
func setChannels(to *route.Spec) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, channelsUse)
		}
		left, right, ok := strings.Cut(s, "->")
		if !ok {
			return `has no "->", use ` + channelsUse
		}
		from, reason := channelList(left)
		if reason == "" {
			to.ToChannels, reason = channelList(right)
		}
		if reason == "" && len(from) != len(to.ToChannels) {
			reason = fmt.Sprintf("%d channels cannot go to %d; name as many of both", len(from), len(to.ToChannels))
		}
		if reason != "" {
			to.ToChannels = nil
			return reason
		}
		to.FromChannels = from
		return ""
	}
}

func channelList(text string) (all []int, reason string) {
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		c, err := strconv.Atoi(word)
		switch {
		case err != nil:
			return nil, strconv.Quote(word) + " is not a channel, use " + channelsUse
		case c < 1 || c > audio.MaxChannels:
			return nil, fmt.Sprintf("channel %d is out of range, use 1..%d", c, audio.MaxChannels)
		}
		all = append(all, c)
	}
	return all, ""
}
