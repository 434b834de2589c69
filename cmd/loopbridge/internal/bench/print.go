package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable prints the report for people.
func (p *PairsReport) WriteTable(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("pairs", "%d, %s", p.Pairs, p.Format)
	row("period", "%g ms (%d frames), buffers of %d frames", p.Period, p.PeriodFrames, p.BufferFrames)
	row("measured", "%.1f s, %.4f of real time, %d client processes, %d × %s", p.Duration, p.RealTime, p.Processes,
		p.Cores, p.CPU)
	row("daemon", "%.4f %% of a core per pair, %.2f %% in all%s", p.DaemonPerPair, p.Daemon, p.awake())
	row("clients", "%.4f %% of a core per pair, %.2f %% in all", p.ClientPerPair, p.Clients)
	row("memory", "%.1f MiB in all, idle %.1f, rings %.1f, beyond these %.1f KiB per pair",
		mebi(p.RSS), mebi(p.Idle), mebi(p.Rings), float64(p.PerPair)/1024)
	row("frames", "%d moved, %d lost (the daemon counted %d), %d corrupt, %d twice", p.Moved, p.Lost, p.LostCounted,
		p.Corrupt, p.Doubled)
	row("silence", "%d frames inserted (the daemon counted %d)", p.Inserted, p.InsertCounted)
	row("lateness", "%d frames left out of the clock, %d of them before all pairs ran", p.Skipped, p.SkippedStart)
	row("xruns", "%d, %d of them before all pairs ran", p.Xruns, p.XrunsStart)
	row("latency", "50 %% below %.2f ms, 99 %% below %.2f ms", p.P50, p.P99)
	if s := p.Sets; s != nil {
		row("sets", "%d, %.0f a second; 50 %% in effect after %.2f ms, 99 %% after %.2f ms", s.Sets, s.PerSecond, s.P50,
			s.P99)
	}
	if u := p.Upgrades; u != nil {
		row("upgrades", "%d with %d connections, away for %.1f ms (median), at most %.1f", u.Upgrades, u.Connections, u.P50, u.Most)
		row("", "memory %.1f MiB after the first, %.1f after the last; %d and %d descriptors", mebi(u.First), mebi(u.Last), u.FilesFirst, u.FilesLast)
	}
	row("verdict", "%s", p.Verdict)
	return t.Flush()
}

func (p *PairsReport) awake() string {
	if p.Wakeups == 0 {
		return ""
	}
	return fmt.Sprintf(", %.0f wake-ups a second", p.Wakeups)
}

func mebi(bytes uint64) float64 { return float64(bytes) / (1 << 20) }
