package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// alarmCmd shows, acknowledges and tests alarms.
type alarmCmd struct {
	Ls   alarmLsCmd   `cmd:"" help:"Show the alarms and how they are."`
	Ack  alarmAckCmd  `cmd:"" help:"Acknowledge an alarm: say that somebody knows of it."`
	Test alarmTestCmd `cmd:"" help:"Run the webhook and the command of an alarm for real, marked as a test."`
}

type alarmLsCmd struct {
	Name  string `arg:"" optional:"" help:"Only this alarm, with what happened to it." complete:"alarm"`
	Check bool   `help:"Exit with status 1 if an alarm is raised, acknowledged or not."`
	JSON  bool   `name:"json" help:"Print JSON with all details, as in the control API."`
}

// Run prints a table or JSON.
func (c *alarmLsCmd) Run(ctx context.Context, e *env) error {
	alarms, err := c.alarms(ctx, e)
	if err != nil {
		return stopped(ctx, err)
	}
	if c.JSON {
		err = writeJSON(e.stdout, api.Alarms{Alarms: alarms})
	} else {
		err = printAlarms(e.stdout, alarms)
	}
	if err != nil || !c.Check {
		return err
	}
	raised := 0
	for i := range alarms {
		if alarms[i].IsRaised() {
			raised++
		}
	}
	if raised > 0 {
		return errors.New(console.Count(raised, "alarm") + " raised")
	}
	return nil
}

// alarms returns those that are asked for.
func (c *alarmLsCmd) alarms(ctx context.Context, e *env) ([]api.Alarm, error) {
	if c.Name == "" {
		return e.control().Alarms(ctx)
	}
	a, err := e.control().Alarm(ctx, c.Name)
	return []api.Alarm{a}, err
}

func printAlarms(w io.Writer, alarms []api.Alarm) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ALARM\tSEVERITY\tSTATE\tSINCE\tWHAT\tACKNOWLEDGED")
	for i := range alarms {
		a := &alarms[i]
		state, known := a.State, "-"
		if a.Flapping {
			state += ", flapping"
		}
		if a.Ack != nil {
			known = a.Ack.By
			if a.Ack.Text != "" {
				known += ": " + a.Ack.Text
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", a.Name, a.Severity, state, a.Since.Local().Format(time.DateTime),
			console.Printable(a.Text), console.Printable(known))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for i := range alarms {
		for _, p := range alarms[i].History {
			fmt.Fprintf(w, "%s  %s: %s\n", p.Time.Local().Format(time.DateTime), p.Change, console.Printable(p.Text))
		}
	}
	return nil
}

type alarmAckCmd struct {
	Name string `arg:"" help:"Name of the alarm." complete:"alarm"`
	Text string `arg:"" optional:"" help:"What is done about it, for others to read."`
	By   string `help:"Who knows of it. Default: the user who runs this." placeholder:"NAME"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run prints who has acknowledged the alarm. It fails if it is not raised.
func (c *alarmAckCmd) Run(ctx context.Context, e *env) error {
	a, err := e.control().Acknowledge(ctx, c.Name, c.By, c.Text)
	switch {
	case err != nil:
		return stopped(ctx, err)
	case c.JSON:
		return writeJSON(e.stdout, a)
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %s by %s\n", a.Name, a.State, console.Printable(a.Ack.By))
	return err
}

type alarmTestCmd struct {
	Name string `arg:"" help:"Name of the alarm." complete:"alarm"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run prints what came of each action. It fails if one has failed, or if there is none.
func (c *alarmTestCmd) Run(ctx context.Context, e *env) error {
	t, err := e.control().TestAlarm(ctx, c.Name)
	if err != nil {
		return stopped(ctx, err)
	}
	failed := 0
	for _, r := range t.Results {
		if r.Error != "" {
			failed++
		}
	}
	if c.JSON {
		err = writeJSON(e.stdout, t)
	} else {
		for _, r := range t.Results {
			fmt.Fprintf(e.stdout, "%s: %s\n", r.Action, resultText(r.Error))
		}
	}
	switch {
	case err != nil:
		return err
	case len(t.Results) == 0:
		return fmt.Errorf("%s has neither a webhook nor a command", c.Name)
	case failed > 0:
		return errors.New(console.Count(failed, "action") + " failed")
	}
	return nil
}

func resultText(failure string) string {
	if failure == "" {
		return "done"
	}
	return console.Printable(failure)
}
