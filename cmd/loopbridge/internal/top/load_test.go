package top

import (
	"testing"
	"time"
)

// Load is what was added between two looks.
func TestLoad(t *testing.T) {
	page := func(cpu, cycles, slow string) []byte {
		return []byte(`# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total ` + cpu + `
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 2.5e+07
# TYPE loopbridge_device_cycles_total counter
loopbridge_device_cycles_total{device="a"} ` + cycles + `
loopbridge_device_cycles_total{device="実"} 5
# TYPE loopbridge_device_wakeup_lateness_seconds histogram
loopbridge_device_wakeup_lateness_seconds_bucket{device="a",le="0.001"} 10
loopbridge_device_wakeup_lateness_seconds_bucket{device="a",le="0.002"} ` + slow + `
loopbridge_device_wakeup_lateness_seconds_bucket{device="a",le="0.004"} ` + slow + `
loopbridge_device_wakeup_lateness_seconds_bucket{device="a",le="+Inf"} ` + slow + `
loopbridge_device_wakeup_lateness_seconds_sum{device="a"} 1
loopbridge_device_wakeup_lateness_seconds_count{device="a"} ` + slow + "\n")
	}
	var s scrape
	now := time.Unix(1000, 0)
	if l := s.next(page("1.5", "100", "20"), now); l.CPU != nil || l.Memory != 25e6 || len(l.Late) != 0 {
		t.Errorf("at first it is %+v", l)
	}
	l := s.next(page("1.75", "300", "21"), now.Add(2*time.Second))
	if l.CPU == nil || *l.CPU != 12.5 || l.Cycles != 100 || l.Late["a"] != 2 {
		t.Errorf("then %+v", l)
	}
	if l = s.next(page("1.75", "300", "21"), now.Add(3*time.Second)); *l.CPU != 0 || len(l.Late) != 0 {
		t.Errorf("when nothing happens %+v", l)
	}
	if l = s.next(page("0.1", "3", "21"), now.Add(4*time.Second)); l.CPU != nil {
		t.Errorf("of another process it knows %+v", l)
	}
	if l = s.next([]byte("nonsense {"), now.Add(5*time.Second)); l.CPU != nil || l.Late == nil {
		t.Errorf("of nonsense it makes %+v", l)
	}
}
