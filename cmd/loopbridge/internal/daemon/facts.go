package daemon

import (
	"strings"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/servo"
)

// fact says what alarms want to know of devices, loops, routes and recorders.
type fact struct {
	bay       *loop.Patchbay
	routes    *route.Board
	recorders *record.Board

	mu    sync.Mutex
	loops map[string]*loop.Status // as they were
	seen  uint64                  // events then
	at    time.Time
}

// fresh is how old the counters of loops may be: many alarms look at them together.
const fresh = 50 * time.Millisecond

// of returns what is known of a subject now.
func (f *fact) of(subject string) alarm.Facts {
	if name, isRoute := strings.CutPrefix(subject, "route/"); isRoute {
		return f.ofRoute(name)
	}
	if name, isRecorder := strings.CutPrefix(subject, "recorder/"); isRecorder {
		return f.ofRecorder(name)
	}
	if e, err := f.bay.Device(subject); err == nil && subject != "" {
		return ofDevice(e)
	}
	return f.ofLoop(subject)
}

func (f *fact) ofRoute(name string) alarm.Facts {
	r, err := f.routes.Route(name)
	if err != nil {
		return alarm.Facts{Missing: true}
	}
	s := r.Status()
	facts := alarm.Facts{Moving: s.State != route.Waiting}
	if s.Follows && s.Servo.State != servo.Lost {
		ppm, latency := (s.Servo.Ratio-1)*1e6, s.Seconds(s.Servo.Latency)
		facts.PPM, facts.Latency = &ppm, &latency
	}
	return facts
}

func (f *fact) ofRecorder(name string) alarm.Facts {
	r, err := f.recorders.Recorder(name)
	if err != nil {
		return alarm.Facts{Missing: true}
	}
	s := r.Status()
	facts := alarm.Facts{Moving: s.State == record.Recording || s.State == record.Failing} // a disk that hangs is no event
	if s.State == record.Failing && s.Error != nil {
		facts.Failed = s.Error.Error()
	}
	return facts
}

func ofDevice(e *loop.Engine) alarm.Facts {
	i := e.Info()
	facts := alarm.Facts{Moving: e.Ticks(), Clients: int(i.RefCount)}
	facts.Xruns, _ = e.Xruns()
	if err := e.Err(); err != nil {
		facts.Gone = err.Error()
	} else if e.StandsIn() {
		facts.Gone = "its card is missing, or nothing comes from the network; it runs on " + e.RunsOn()
	}
	if n, ok := e.Network(); ok && n.Receives {
		facts.Latency, facts.Packets = &n.Latency, n.Lost+n.Late
	}
	var clock servo.Estimate
	if e.Clock().Load(&clock) && clock.Locked {
		ppm := clock.PPM()
		facts.PPM = &ppm
	}
	return facts
}

// ofLoop is about the client end, unless the name is LOOP/server.
func (f *fact) ofLoop(name string) alarm.Facts {
	base, end, _ := strings.Cut(name, "/")
	s := f.loop(base)
	if s == nil {
		return alarm.Facts{Missing: true}
	}
	facts := alarm.Facts{Moving: s.Server.State == ring.Running, Xruns: s.ClientTotals.Xruns}
	for i := range s.Clients {
		if s.Clients[i].Open && !s.Clients[i].Gone {
			facts.Clients++
		}
	}
	if s.Server.Open {
		facts.Format = s.Format
	}
	if end == "server" {
		facts.Xruns, facts.Clients = s.ServerTotals.Xruns, 0
		if s.Server.Open && !s.Server.Gone {
			facts.Clients = 1
		}
	}
	return facts
}

// loop returns how a loop is, or nil.
func (f *fact) loop(name string) *loop.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	events, _ := f.bay.Revision() // first, so that nothing is missed
	if f.loops == nil || events != f.seen || time.Since(f.at) > fresh {
		f.loops, f.seen, f.at = map[string]*loop.Status{}, events, time.Now()
		all := f.bay.Status()
		for i := range all {
			f.loops[all[i].Name] = &all[i]
		}
	}
	return f.loops[name]
}
