package daemon

import (
	"strings"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/servo"
)

// fact says what alarms want to know of devices, loops and routes.
type fact struct {
	bay    *loop.Patchbay
	routes *route.Board
}

// of returns what is known of a subject now.
func (f *fact) of(subject string) alarm.Facts {
	if name, isRoute := strings.CutPrefix(subject, "route/"); isRoute {
		return f.ofRoute(name)
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

func ofDevice(e *loop.Engine) alarm.Facts {
	i := e.Info()
	facts := alarm.Facts{Moving: e.Ticks(), Clients: int(i.RefCount)}
	facts.Xruns, _ = e.Xruns()
	if err := e.Err(); err != nil {
		facts.Gone = err.Error()
	} else if e.StandsIn() {
		facts.Gone = "its card is missing, it runs on " + e.RunsOn()
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
	for _, s := range f.bay.Status() {
		if s.Name != base {
			continue
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
	return alarm.Facts{Missing: true}
}
