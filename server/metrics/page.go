package metrics

import (
	"cmp"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

// page collects the metrics of one scrape. It makes what a prometheus.Registry makes of a Collector, without
// checking and hashing every sample again, which took most of the time of a scrape; the tests do that.
type page struct{ families []*dto.MetricFamily }

// family is all samples of a name.
type family struct{ *dto.MetricFamily }

func (p *page) add(kind dto.MetricType, name, help string) family {
	name = "loopbridge_" + name
	f := &dto.MetricFamily{Name: &name, Help: &help, Type: &kind}
	p.families = append(p.families, f)
	return family{f}
}

// gauge adds a family of values that rise and fall.
func (p *page) gauge(name, help string) family { return p.add(dto.MetricType_GAUGE, name, help) }

// counter adds a family of values that only rise, or start anew.
func (p *page) counter(name, help string) family { return p.add(dto.MetricType_COUNTER, name, help) }

// sorted returns the families that have samples.
func (p *page) sorted() []*dto.MetricFamily {
	all := slices.DeleteFunc(p.families, func(f *dto.MetricFamily) bool { return len(f.Metric) == 0 })
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int { return strings.Compare(*a.Name, *b.Name) })
	return all
}

// add adds a sample. Samples may share their labels.
func (f family) add(value float64, labels labels) {
	m := &dto.Metric{Label: labels}
	if *f.Type == dto.MetricType_COUNTER {
		m.Counter = &dto.Counter{Value: &value}
	} else {
		m.Gauge = &dto.Gauge{Value: &value}
	}
	f.Metric = append(f.Metric, m)
}

// count adds a sample of a whole number.
func (f family) count(n uint64, labels labels) { f.add(float64(n), labels) }

// flag adds a sample that is 1 or 0.
func (f family) flag(on bool, labels labels) {
	var value float64
	if on {
		value = 1
	}
	f.add(value, labels)
}

// labels are sorted by name.
type labels []*dto.LabelPair

// label returns labels of pairs of a name and a value.
func label(pairs ...string) labels { return labels(nil).with(pairs...) }

// with returns the labels and more, and leaves l as it is.
func (l labels) with(pairs ...string) labels {
	all := make(labels, len(l), len(l)+len(pairs)/2)
	copy(all, l)
	text := make([]string, len(pairs))
	block := make([]dto.LabelPair, len(pairs)/2)
	for i := range block {
		text[2*i], text[2*i+1] = pairs[2*i], strings.ToValidUTF8(pairs[2*i+1], "?")
		block[i].Name, block[i].Value = &text[2*i], &text[2*i+1]
		all = append(all, &block[i])
	}
	slices.SortFunc(all, func(a, b *dto.LabelPair) int { return cmp.Compare(*a.Name, *b.Name) })
	return all
}
