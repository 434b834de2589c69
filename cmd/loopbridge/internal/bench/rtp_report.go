package bench

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/chart"
)

// RTPReport is what streams of a network cost, and lose. Scripts rely on the JSON names: add names, but rename none.
type RTPReport struct {
	Streams  int     `json:"streams"`
	Duration float64 `json:"duration_s"`
	audio.Format
	Payload      string  `json:"payload"`
	Packet       float64 `json:"packet_ms"`
	PacketFrames int     `json:"packet_frames"`
	Period       float64 `json:"period_ms"`
	Wanted       float64 `json:"latency_wanted_ms"` // of the jitter buffers
	Paths        int     `json:"paths"`
	CPU          string  `json:"cpu"`
	Cores        int     `json:"cores"`

	Sending   RTPCost `json:"sending"` // the daemon that sends
	Receiving RTPCost `json:"receiving"`

	// Latencies are from the write that published a frame to the read that returned it.
	Least       float64 `json:"latency_ms_least"`
	P50         float64 `json:"latency_ms_p50"`
	P99         float64 `json:"latency_ms_p99"`
	P50Frames   float64 `json:"latency_frames_p50"`
	Harmed      uint64  `json:"packets_lost_on_purpose"`
	Streamed            // while it was measured, all streams together
	tally               // of the whole run
	Written     uint64  `json:"frames_written"`
	ProgramXrun uint64  `json:"xruns"` // bursts at the ends of programs

	Clocks []RTPClock `json:"clocks"` // in a simulation
	lines  []chart.Line
	harm   Harm
}

// RTPCost is what a daemon uses, the median of some measurements.
type RTPCost struct {
	Percent   float64 `json:"cpu_percent"` // of a core
	PerStream float64 `json:"cpu_percent_per_stream"`
	Wakeups   float64 `json:"wakeups_per_s"`
}

func newRTPCost(parts []usage, streams int) RTPCost {
	var percents, wakeups []float64
	for _, u := range parts {
		percents = append(percents, 100*u.daemon.Seconds()/u.duration.Seconds())
		wakeups = append(wakeups, float64(u.wakeups)/u.duration.Seconds())
	}
	percent := median(percents)
	return RTPCost{Percent: percent, PerStream: percent / float64(streams), Wakeups: median(wakeups)}
}

func newRTPReport(b *RTP) *RTPReport {
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	return &RTPReport{Streams: b.Streams, Duration: b.Duration.Seconds(), Format: b.Format, Payload: b.Payload, Packet: ms(b.Packet),
		PacketFrames: b.frames(b.Packet), Period: ms(b.Period), Wanted: ms(b.Latency), Paths: b.Paths, harm: b.Harm, CPU: cpuModel(), Cores: runtime.NumCPU()}
}

// sum adds the results of the programs.
func (r *RTPReport) sum(wrote, read []workerEvent) {
	var all latencies
	for _, e := range read {
		all.merge(e.Latency)
		for _, end := range e.Ends {
			r.add(end.tally)
			r.ProgramXrun += end.Xruns
		}
	}
	for _, e := range wrote {
		for _, end := range e.Ends {
			r.Written += end.Written
			r.ProgramXrun += end.Xruns
		}
	}
	r.Least, r.P50, r.P99 = all.percentile(0), all.percentile(50), all.percentile(99)
	r.P50Frames = r.P50 / 1000 * float64(r.Rate)
}

// WriteTable prints the report for people.
func (r *RTPReport) WriteTable(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("streams", "%d of %s, %d Hz, %d channels, on %d paths", r.Streams, r.Payload, r.Rate, r.Channels, r.Paths)
	row("packets", "%.4g ms (%d frames); periods of %.4g ms, %.4g ms of jitter allowed", r.Packet, r.PacketFrames, r.Period, r.Wanted)
	row("measured", "%.1f s, %d × %s", r.Duration, r.Cores, r.CPU)
	for _, side := range []struct {
		name string
		cost RTPCost
	}{{"sending", r.Sending}, {"receiving", r.Receiving}} {
		row(side.name, "%.3f %% of a core per stream, %.2f %% in all, %.0f wake-ups a second", side.cost.PerStream, side.cost.Percent,
			side.cost.Wakeups)
	}
	row("latency", "least %.2f ms, 50 %% below %.2f ms (%.0f frames), 99 %% below %.2f ms", r.Least, r.P50, r.P50Frames, r.P99)
	row("network", "%d packets, %d lost (%d on purpose), %d late, %d out of order, %d twice, %d recovered, %d refused", r.Packets, r.Streamed.Lost,
		r.Harmed, r.Late, r.Reordered, r.Duplicates, r.Recovered, r.Refused)
	row("concealed", "%d frames, %d restarts", r.Concealed, r.Restarts)
	row("frames", "%d of %d came as they were, %d did not, %d twice, %d changed; %d xruns of programs", r.Good, r.Written, r.tally.Lost,
		r.Doubled, r.Corrupt, r.ProgramXrun)
	for _, c := range r.Clocks {
		within := "never within 1 ppm"
		if c.Within >= 0 {
			within = fmt.Sprintf("within 1 ppm after %.1f s", c.Within)
		}
		row(fmt.Sprintf("%+g ppm", c.Offset), "%s, then %.3f ppm rms; %d lost, %d late (simulated, %.0f s)", within, c.PPM, c.Lost, c.Late, c.Duration)
	}
	return t.Flush()
}
