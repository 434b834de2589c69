package bench

import (
	"runtime"

	"github.com/loopbridge/loopbridge/audio"
)

// pairsResult is the result of a run of bench pairs.
type pairsResult struct {
	*Pairs
	processes int      // of clients
	idle      memory   // of the daemon without clients
	memory    memory   // of the daemon, at the end of the steady state
	used      usage    // in the steady state
	starting  counters // before the steady state
	whole     counters // of the whole run

	// Over all pairs and the whole run, in frames.
	tally
	written   uint64
	counted   uint64 // dropped, as the daemon counted
	uncounted uint64 // lost in pairs for which the daemon counted fewer
	silence   uint64 // inserted, as the daemon counted
	xruns     uint64 // bursts, at both ends
	sets      *SetsReport
	upgrades  *UpgradesReport
	latency   latencies
}

// sum adds the results of the processes.
func (r *pairsResult) sum(readers, writers []workerEvent) {
	dropped := make([]uint64, 0, r.Count)
	lost := make([]uint64, 0, r.Count)
	for _, e := range readers {
		r.latency.merge(e.Latency)
		for _, end := range e.Ends {
			r.add(end.tally)
			r.counted += end.XrunFrames
			r.xruns += end.Xruns
			dropped = append(dropped, end.XrunFrames)
			lost = append(lost, end.Lost)
		}
	}
	for _, e := range writers {
		for _, end := range e.Ends {
			r.written += end.Written
			r.silence += end.XrunFrames
			r.xruns += end.Xruns
		}
	}
	for i := range lost {
		r.uncounted += lost[i] - min(lost[i], dropped[i])
	}
}

func (t *tally) add(o tally) {
	t.Good += o.Good
	t.Lost += o.Lost
	t.Doubled += o.Doubled
	t.Corrupt += o.Corrupt
	t.Inserted += o.Inserted
	t.Trailing += o.Trailing
}

// ok reports whether the run has passed.
func (r *pairsResult) ok() bool {
	return r.Corrupt == 0 && r.Doubled == 0 && r.uncounted == 0 && (r.upgrades == nil || r.Lost == 0)
}

// PairsReport is the result in printed units. Scripts rely on the JSON names: add names, but rename none.
type PairsReport struct {
	Pairs    int     `json:"pairs"`
	Duration float64 `json:"duration_s"`
	Period   float64 `json:"period_ms"`
	audio.Format
	PeriodFrames int    `json:"period_frames"`
	BufferFrames int    `json:"buffer_frames"`
	Processes    int    `json:"client_processes"`
	CPU          string `json:"cpu"`
	Cores        int    `json:"cores"`

	// Percent of a core while all pairs run.
	DaemonPerPair float64 `json:"daemon_cpu_percent_per_pair"`
	ClientPerPair float64 `json:"client_cpu_percent_per_pair"` // both ends, including making and checking the pattern
	Daemon        float64 `json:"daemon_cpu_percent"`
	Clients       float64 `json:"client_cpu_percent"`
	Wakeups       float64 `json:"daemon_wakeups_per_s,omitempty"` // not with upgrades, which end the counted threads
	RealTime      float64 `json:"realtime"`                       // frames written ÷ frames due in the time

	Moved         uint64  `json:"frames_moved"` // received by the readers, each counted once
	Lost          uint64  `json:"frames_lost"`
	LostCounted   uint64  `json:"frames_lost_counted"` // dropped, as the daemon counted
	LostUncounted uint64  `json:"frames_lost_uncounted"`
	Corrupt       uint64  `json:"frames_corrupt"`
	Doubled       uint64  `json:"frames_doubled"`
	Inserted      uint64  `json:"frames_inserted"` // silence between frames
	InsertCounted uint64  `json:"frames_inserted_counted"`
	Skipped       uint64  `json:"frames_skipped"`          // skipped by the clock because the engine was late
	SkippedStart  uint64  `json:"frames_skipped_starting"` // of these, before all pairs ran
	Xruns         uint64  `json:"xruns"`                   // bursts at both ends
	XrunsStart    uint64  `json:"xruns_starting"`
	P50           float64 `json:"latency_ms_p50"` // from the write that published a frame to the read that returned it
	P99           float64 `json:"latency_ms_p99"`

	RSS     uint64      `json:"daemon_rss_bytes"`
	Idle    uint64      `json:"daemon_idle_rss_bytes"`
	Rings   uint64      `json:"daemon_rings_bytes"`
	PerPair uint64      `json:"daemon_bytes_per_pair"` // above an idle daemon, without rings
	Sets    *SetsReport `json:"sets,omitempty"`
	OK      bool        `json:"ok"`
	Verdict string      `json:"verdict"`

	Upgrades *UpgradesReport `json:"upgrades,omitempty"`
}

// wakeups returns how often the daemon woke up a second, 0 where upgrades have ended the threads that
// the kernel counted for.
func (r *pairsResult) wakeups() float64 {
	if r.upgrades != nil {
		return 0
	}
	return float64(r.used.wakeups) / r.used.duration.Seconds()
}

func (r *pairsResult) report() *PairsReport {
	pairs, seconds := float64(r.Count), r.used.duration.Seconds()
	percent := func(d float64) float64 { return 100 * d / seconds }
	daemon, clients := percent(r.used.daemon.Seconds()), percent(r.used.clients.Seconds())
	grown := int64(r.memory.rss-r.memory.rings) - int64(r.idle.rss-r.idle.rings)
	return &PairsReport{
		Pairs: r.Count, Duration: seconds, Period: r.Period.Seconds() * 1000, Format: r.Format,
		PeriodFrames: r.frames(), BufferFrames: r.Buffer * r.frames(), Processes: r.processes,
		CPU: cpuModel(), Cores: runtime.NumCPU(),

		DaemonPerPair: daemon / pairs, ClientPerPair: clients / pairs, Daemon: daemon, Clients: clients,
		Wakeups:  r.wakeups(),
		RealTime: float64(r.used.written) / (pairs * seconds * float64(r.Format.Rate)),

		Moved: r.Good, Lost: r.Lost, LostCounted: r.counted, LostUncounted: r.uncounted, Corrupt: r.Corrupt,
		Doubled:  r.Doubled,
		Inserted: r.Inserted, InsertCounted: r.silence, Skipped: r.whole.skipped, SkippedStart: r.starting.skipped,
		Xruns: r.xruns, XrunsStart: r.starting.xruns,
		P50: r.latency.percentile(50), P99: r.latency.percentile(99),

		RSS: r.memory.rss, Idle: r.idle.rss, Rings: r.memory.rings, PerPair: uint64(max(0, grown)) / uint64(r.Count),
		Sets: r.sets, Upgrades: r.upgrades, OK: r.ok(), Verdict: r.verdict(),
	}
}

func (r *pairsResult) verdict() string {
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return "NO"
	}
	return "no corrupt frame: " + yes(r.Corrupt == 0) + "; none twice: " + yes(r.Doubled == 0) +
		"; every lost frame counted: " + yes(r.uncounted == 0)
}
