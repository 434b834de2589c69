package metrics

import (
	"net/http"
	"runtime"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/history"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/record"
)

// Sources are what the metrics are read from. The functions are called from any goroutine.
type Sources struct {
	Version   string // of the program; "": unknown
	Bay       *loop.Patchbay
	Routes    func() []*route.Route      // nil: there are none
	Alarms    func() []alarm.Status      // nil: there are none
	Recorders func() []*record.Recorder  // nil: there are none
	History   *history.Keeper            // nil: nothing is measured all the time
	Thread    func(device string) string // how the thread of a device is scheduled, "": it has none; nil: unknown
	Operators func() []Operators         // by the way they come
	Counts    func() Counts              // nil: unknown
}

// Counts is what a daemon counts of itself, since its first start: a handover goes on with the counts.
type Counts struct {
	Reloads         uint64 // of the configuration
	ReloadsFailed   uint64 // changed nothing
	Handovers       uint64 // to a new program
	HandoversFailed uint64 // the old program went on
}

// Operators is how many operators came one way.
type Operators struct {
	Over        string // unix or tcp
	Connections int    // now
	Requests    uint64
	Refused     map[string]uint64 // by a word for the reason
}

// maxScrapes is how many scrapes run at a time; more are answered with 503.
const maxScrapes = 2

// Handler answers GET /metrics.
func Handler(s Sources) http.Handler {
	return promhttp.HandlerFor(Gatherer(s), promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// Gatherer returns what Handler shows, newly at each Gather.
func Gatherer(s Sources) prometheus.Gatherer { return newGatherer(s) }

// gatherer implements prometheus.Gatherer: what the process knows of itself, and what the sources have.
type gatherer struct {
	Sources
	process *prometheus.Registry
}

func newGatherer(s Sources) *gatherer {
	g := &gatherer{s, prometheus.NewRegistry()}
	g.process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return g
}

// Gather implements prometheus.Gatherer.
func (g *gatherer) Gather() ([]*dto.MetricFamily, error) {
	all, err := g.process.Gather()
	p := &page{}
	g.daemon(p)
	addDevices(p, g.Bay.Devices(), g.Thread)
	addNetworks(p, g.Bay.Devices())
	addLoops(p, g.Bay)
	if g.Routes != nil {
		addRoutes(p, g.Routes())
	}
	if g.History != nil {
		places, _ := g.History.Read(1, 1)
		addPlaces(p, places)
	}
	if g.Alarms != nil {
		addAlarms(p, g.Alarms())
	}
	if g.Recorders != nil {
		addRecorders(p, g.Recorders())
	}
	all = append(all, p.sorted()...)
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int { return strings.Compare(*a.Name, *b.Name) })
	return all, err
}

func (g *gatherer) daemon(p *page) {
	p.gauge("build_info", "The version of the daemon, and of Go that built it; always 1.").
		add(1, label("goversion", runtime.Version(), "version", g.Version))
	events, _ := g.Bay.Revision()
	p.counter("events_total", "Events that happened, such as opens, closes, sets and xruns.").count(events, nil)
	if g.Counts != nil {
		c := g.Counts()
		reloads := p.counter("reloads_total", "Reloads of the configuration, by result; a failed one changed nothing.")
		reloads.count(c.Reloads, label("result", "done"))
		reloads.count(c.ReloadsFailed, label("result", "failed"))
		handovers := p.counter("handovers_total", "Handovers to a new program, by result; after a failed one the old program went on.")
		handovers.count(c.Handovers, label("result", "done"))
		handovers.count(c.HandoversFailed, label("result", "failed"))
	}
	if g.Operators == nil {
		return
	}
	connections := p.gauge("operator_connections", "Connections of operators now, by the way they came: unix or tcp.")
	requests := p.counter("operator_requests_total", "Requests of operators, by the way they came.")
	refused := p.counter("operator_refusals_total", "Operators and requests that were refused, by the way they came and the reason.")
	for _, o := range g.Operators() {
		over := label("over", o.Over)
		connections.count(uint64(o.Connections), over)
		requests.count(o.Requests, over)
		for reason, n := range o.Refused {
			refused.count(n, over.with("reason", reason))
		}
	}
}
