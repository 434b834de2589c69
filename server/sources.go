package server

import "github.com/loopbridge/loopbridge/server/metrics"

// sources are what /metrics shows.
func (c *Control) sources() metrics.Sources {
	s := metrics.Sources{Version: c.Version, Bay: c.Bay, Thread: c.Thread, Counts: c.Counts, Operators: c.operatorCounts, History: c.History}
	if c.Routes != nil {
		s.Routes = c.Routes.Routes
	}
	if c.Alarms != nil {
		s.Alarms = c.Alarms.Alarms
	}
	if c.Recorders != nil {
		s.Recorders = c.Recorders.Recorders
	}
	return s
}

func (c *Control) operatorCounts() []metrics.Operators {
	all := []metrics.Operators{c.operators.counts()}
	if remote := c.remote.Load(); remote != nil {
		all = append(all, remote.counts())
	}
	return all
}
