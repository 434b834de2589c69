package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// SoakReport is what came of a Soak. Scripts rely on the JSON names: add names, but rename none.
type SoakReport struct {
	Seed     uint64         `json:"seed"`
	Duration float64        `json:"duration_s"`
	Actions  map[string]int `json:"actions"` // by name
	Programs int            `json:"programs"`
	Skipped  []string       `json:"skipped,omitempty"` // what could not be done here, and why

	// What is watched, in frames.
	Flows         int    `json:"flows"` // ways of frames, from a writer to a reader
	Moved         uint64 `json:"frames_moved"`
	Lost          uint64 `json:"frames_lost"`
	LostCounted   uint64 `json:"frames_lost_counted"` // in gaps that the daemon counted
	LostUncounted uint64 `json:"frames_lost_uncounted"`
	Doubled       uint64 `json:"frames_doubled"`
	Corrupt       uint64 `json:"frames_corrupt"`
	Faded         uint64 `json:"frames_faded"`    // by a route, around gaps that the daemon counted
	Inserted      uint64 `json:"frames_inserted"` // silence between frames
	InsertCounted uint64 `json:"frames_inserted_counted"`
	Xruns         uint64 `json:"xruns"` // bursts, as the daemon counted

	Ways map[string]Way `json:"ways"` // each flow, by the loop of its reader

	Upgrades        int      `json:"upgrades"`
	UpgradesBusy    int      `json:"upgrades_busy"` // put off by a request of an operator
	UpgradesRefused int      `json:"upgrades_refused"`
	AwayP50         float64  `json:"away_ms_p50"`
	AwayMost        float64  `json:"away_ms_most"`
	Reloads         int      `json:"reloads"`
	ReloadsRefused  int      `json:"reloads_refused"`
	DiskFull        int      `json:"disk_full"`
	Failed          int      `json:"failed"`   // what should not have happened
	Failures        []string `json:"failures"` // the first of them
	ErrorLines      int      `json:"error_lines"`
	Errors          []string `json:"errors,omitempty"` // the first of these lines
	Leaks           []Leak   `json:"held"`             // empty: not measured
	OK              bool     `json:"ok"`
	Verdict         string   `json:"verdict"`

	savedGain int
}

// Way is what came of a flow, in frames.
type Way struct {
	Moved    uint64 `json:"frames_moved"`
	Lost     uint64 `json:"frames_lost"`
	Late     uint64 `json:"frames_late"` // that the clock of the reader's loop left out, and a route replaced by silence
	Xruns    uint64 `json:"xruns"`
	Inserted uint64 `json:"frames_inserted"` // silence between frames; with a route, also before them
}

// Leak is how much the daemon holds of a kind without programs, after the warm-up and in the end.
type Leak struct {
	Kind   string `json:"kind"`
	Before uint64 `json:"before"`
	After  uint64 `json:"after"`
	Leaked bool   `json:"leaked"`
}

// addFlow adds what a reader found; a writer that is nobody's is zero. late is how many frames the clock left out and a
// route replaced by silence, as the daemon counted: a route fades out before such a gap, and in after it.
func (r *SoakReport) addFlow(f flow, read, wrote endResult, late uint64) {
	counted, faded := read.XrunFrames, uint64(0)
	if f.route != "" {
		counted += late
		faded = min(read.Corrupt, late)
	}
	uncounted := read.Lost - min(read.Lost, counted)
	r.Moved += read.Good
	r.Lost += read.Lost
	r.LostCounted += min(read.Lost, counted)
	r.LostUncounted += uncounted
	r.Doubled += read.Doubled
	r.Faded += faded
	r.Corrupt += read.Corrupt - faded
	r.Xruns += read.Xruns + wrote.Xruns
	r.InsertCounted += wrote.XrunFrames
	if f.route == "" { // a route begins with silence
		r.Inserted += read.Inserted
	}
	if r.Ways == nil {
		r.Ways = map[string]Way{}
	}
	w := r.Ways[f.reader]
	r.Ways[f.reader] = Way{w.Moved + read.Good, w.Lost + read.Lost, w.Late + late, w.Xruns + read.Xruns + wrote.Xruns, w.Inserted + read.Inserted}
	if uncounted+read.Doubled+read.Corrupt-faded > 0 {
		r.Failures = append(r.Failures, fmt.Sprintf(
			"loop %s: %d frames of %d written: %d lost, of which %d were counted, %d twice, %d corrupt, %d faded",
			f.reader, read.Good, wrote.Written, read.Lost, min(read.Lost, counted), read.Doubled, read.Corrupt-faded, faded))
	}
}

// finish judges.
func (s *soak) finish() {
	r := &s.report
	r.ErrorLines, r.Errors = s.log.seen()
	if slices.Sort(s.away); len(s.away) > 0 {
		r.AwayP50, r.AwayMost = s.away[len(s.away)/2], s.away[len(s.away)-1]
	}
	var faults []string
	fault := func(n uint64, what string) {
		if n > 0 {
			faults = append(faults, what)
		}
	}
	fault(r.LostUncounted, "frames were lost and not counted")
	fault(r.Doubled, "frames came twice")
	fault(r.Corrupt, "frames were changed")
	fault(r.Inserted-min(r.Inserted, r.InsertCounted), "silence was inserted and not counted")
	fault(uint64(r.Failed), "something failed")
	fault(uint64(r.ErrorLines), "the daemon logged errors")
	for _, l := range r.Leaks {
		if l.Leaked {
			faults = append(faults, l.Kind+" leaked")
		}
	}
	if len(r.Leaks) == 0 {
		faults = append(faults, "it ended too early to look for leaks")
	}
	r.OK = len(faults) == 0
	r.Verdict = "nothing was lost, nothing leaked"
	if !r.OK {
		r.Verdict = strings.Join(faults, "; ")
	}
}

// WriteTable prints the report for people.
func (r *SoakReport) WriteTable(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("soak", "%.0f s, seed %d", r.Duration, r.Seed)
	var done []string
	for _, name := range slices.Sorted(maps.Keys(r.Actions)) {
		done = append(done, fmt.Sprintf("%s %d", name, r.Actions[name]))
	}
	row("actions", "%s", strings.Join(done, ", "))
	for _, reason := range r.Skipped {
		row("left out", "%s", console.Printable(reason))
	}
	row("programs", "%d", r.Programs)
	row("frames", "%d moved in %d flows, %d lost (the daemon counted %d), %d corrupt, %d twice", r.Moved, r.Flows, r.Lost, r.LostCounted,
		r.Corrupt, r.Doubled)
	row("routes", "%d frames faded around gaps that the daemon counted", r.Faded)
	for _, name := range slices.Sorted(maps.Keys(r.Ways)) {
		w := r.Ways[name]
		row("", "%s: %d moved, %d lost, %d late, %d silent, %d xruns", name, w.Moved, w.Lost, w.Late, w.Inserted, w.Xruns)
	}
	row("silence", "%d frames inserted (the daemon counted %d)", r.Inserted, r.InsertCounted)
	row("xruns", "%d", r.Xruns)
	row("upgrades", "%d, away for %.1f ms (median), at most %.1f; %d put off, %d refused as they should be", r.Upgrades, r.AwayP50, r.AwayMost,
		r.UpgradesBusy, r.UpgradesRefused)
	row("reloads", "%d; %d refused as they should be", r.Reloads, r.ReloadsRefused)
	row("full disk", "%d times", r.DiskFull)
	for _, l := range r.Leaks {
		if strings.HasSuffix(l.Kind, afterUpgrade) && !l.Leaked { // as much as in the process that was used
			continue
		}
		note := ""
		if l.Leaked {
			note = "  LEAKED"
		}
		row("held", "%s: %d after the warm-up, %d in the end%s", l.Kind, l.Before, l.After, note)
	}
	for _, text := range r.Failures {
		row("failure", "%s", console.Printable(text))
	}
	for _, text := range r.Errors {
		row("logged", "%s", console.Printable(text))
	}
	row("verdict", "%s", r.Verdict)
	return t.Flush()
}
