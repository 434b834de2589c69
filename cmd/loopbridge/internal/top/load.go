package top

import (
	"bytes"
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Load is what a daemon costs, and how it keeps up, since the look before.
type Load struct {
	CPU    *float64           `json:"cpu_percent"` // of one core; nil: not known yet
	Memory float64            `json:"memory_bytes"`
	Late   map[string]float64 `json:"late_ms"`           // by device: no wake-up was later, to a factor of two; nothing: there was none
	Cycles float64            `json:"cycles_per_second"` // of all engines
}

// scrape is what the metrics said the last time.
type scrape struct {
	at      time.Time
	seconds float64 // of CPU
	cycles  float64
	late    map[string]map[float64]uint64 // by device and bound of a bucket, the count
}

// next understands the metrics of now, in the text format of Prometheus.
func (s *scrape) next(text []byte, now time.Time) Load {
	l := Load{Late: map[string]float64{}}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return l
	}
	next := scrape{at: now, seconds: sum(families["process_cpu_seconds_total"]), cycles: sum(families["loopbridge_device_cycles_total"]),
		late: map[string]map[float64]uint64{}}
	l.Memory = sum(families["process_resident_memory_bytes"])
	since := now.Sub(s.at).Seconds()
	if known := !s.at.IsZero() && since > 0 && next.seconds >= s.seconds; known { // else it is another process
		cpu := 100 * (next.seconds - s.seconds) / since
		l.CPU = &cpu
		l.Cycles = max(0, next.cycles-s.cycles) / since
	}
	for _, m := range families["loopbridge_device_wakeup_lateness_seconds"].GetMetric() {
		device := labelOf(m, "device")
		counts := map[float64]uint64{}
		for _, b := range m.GetHistogram().GetBucket() {
			counts[b.GetUpperBound()] = b.GetCumulativeCount()
		}
		next.late[device] = counts
		if bound, some := latest(s.late[device], m.GetHistogram()); some {
			l.Late[device] = bound * 1000
		}
	}
	*s = next
	return l
}

// latest returns the bound of the last bucket to which something was added.
func latest(before map[float64]uint64, h *dto.Histogram) (bound float64, some bool) {
	if before == nil {
		return 0, false
	}
	var added uint64
	for _, b := range h.GetBucket() {
		if math.IsInf(b.GetUpperBound(), 1) {
			break // there is no figure for it
		}
		if now := b.GetCumulativeCount() - before[b.GetUpperBound()]; now > added {
			added, bound, some = now, b.GetUpperBound(), true
		}
	}
	return bound, some
}

func sum(f *dto.MetricFamily) (total float64) {
	for _, m := range f.GetMetric() {
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
	}
	return total
}

func labelOf(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}
