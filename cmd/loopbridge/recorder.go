package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// recorderCmd shows and controls the recorders of the daemon.
type recorderCmd struct {
	Ls    recorderLsCmd    `cmd:"" help:"Show the recorders, what they do, and how long the disk lasts."`
	Start recorderStartCmd `cmd:"" help:"Start a recorder that was stopped, or one that waits for its trigger."`
	Stop  recorderStopCmd  `cmd:"" help:"End what a recorder does, until it is started again."`
	Mark  recorderMarkCmd  `cmd:"" help:"Put a text at what is recorded now."`
}

type recorderLsCmd struct {
	JSON bool `name:"json" help:"Print JSON with all details, as in the control API."`
}

// Run prints a table, or JSON.
func (c *recorderLsCmd) Run(ctx context.Context, e *env) error {
	all, err := e.control().Recorders(ctx)
	if err != nil {
		return stopped(ctx, err)
	}
	if c.JSON {
		return writeJSON(e.stdout, api.Recorders{Recorders: all})
	}
	return printRecorders(e.stdout, all)
}

func printRecorders(w io.Writer, all []api.Recorder) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RECORDER\tOF\tSTATE\tFILE\tWRITTEN\tGAPS\tMEMORY\tFREE\tLASTS")
	for _, r := range all {
		file, lasts := "-", "-"
		if r.File != "" {
			file = filepath.Base(r.File)
		}
		if r.Lasts > 0 {
			lasts = lastsText(r.Lasts)
		}
		gaps := fmt.Sprint(r.Gaps)
		if r.Gaps > 0 {
			gaps += fmt.Sprintf(", %d frames", r.Missing)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Of, console.Printable(recorderText(&r)), console.Printable(file),
			bytesText(r.Bytes), gaps, bytesText(r.Memory), bytesText(r.Free), lasts)
	}
	return table.Flush()
}

// recorderText says in a few words what a recorder does.
func recorderText(r *api.Recorder) string {
	switch {
	case r.State == "armed":
		return "armed, for " + r.Trigger
	case r.Error != "":
		return r.State + ": " + r.Error
	}
	return r.State
}

// bytesText returns a number of bytes with a unit.
func bytesText(n uint64) string {
	if n == 0 {
		return "-"
	}
	units := []string{"B", "kB", "MB", "GB", "TB"}
	at := min(int(math.Log10(float64(n))/3), len(units)-1)
	x := float64(n) / math.Pow10(3*at)
	if at == 0 || x >= 100 {
		return fmt.Sprintf("%.0f %s", x, units[at])
	}
	return fmt.Sprintf("%.1f %s", x, units[at])
}

// lastsText returns seconds as days or hours.
func lastsText(seconds float64) string {
	switch d := time.Duration(min(seconds, 1e9)) * time.Second; {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	default:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	}
}

type recorderStartCmd struct {
	Name string `arg:"" help:"Name of the recorder." complete:"recorder"`
}

// Run starts a recorder.
func (c *recorderStartCmd) Run(ctx context.Context, e *env) error {
	r, err := e.control().StartRecorder(ctx, c.Name)
	return printRecorder(ctx, e, &r, err)
}

type recorderStopCmd struct {
	Name string `arg:"" help:"Name of the recorder." complete:"recorder"`
}

// Run stops a recorder.
func (c *recorderStopCmd) Run(ctx context.Context, e *env) error {
	r, err := e.control().StopRecorder(ctx, c.Name)
	return printRecorder(ctx, e, &r, err)
}

type recorderMarkCmd struct {
	Name string `arg:"" help:"Name of the recorder." complete:"recorder"`
	Text string `arg:"" help:"What to write there."`
}

// Run marks what is recorded now.
func (c *recorderMarkCmd) Run(ctx context.Context, e *env) error {
	r, err := e.control().MarkRecorder(ctx, c.Name, c.Text)
	return printRecorder(ctx, e, &r, err)
}

func printRecorder(ctx context.Context, e *env, r *api.Recorder, err error) error {
	if err != nil {
		return stopped(ctx, err)
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %s\n", r.Name, console.Printable(recorderText(r)))
	return err
}
