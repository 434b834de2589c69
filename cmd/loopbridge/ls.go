package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
	"github.com/loopbridge/loopbridge/loop"
)

// lsCmd lists the loops of a daemon.
type lsCmd struct {
	JSON bool `name:"json" help:"Print JSON with all details, as in the control API."`
}

// Run prints a table, or JSON.
func (c *lsCmd) Run(ctx context.Context, e *env) error {
	loops, err := e.control().Loops(ctx)
	if err != nil {
		return stopped(ctx, err)
	}
	if c.JSON {
		return writeJSON(e.stdout, api.Loops{Loops: loops})
	}
	if err := printLoops(e.stdout, loops); err != nil {
		return err
	}
	for _, l := range loops {
		if l.State == "ended" && l.OnClientClose == loop.Reset.String() && l.Attached == "" {
			e.warn("%s has ended, because a program closed, or stopped, paused or sought in its sound;"+
				" with on_client_close = \"hold\" or \"silence\" for the loop its server goes on", l.Name)
		}
	}
	return nil
}

// onCloseText says what happens when the loop's server closes.
func onCloseText(l *api.Loop) string {
	if l.Attached != "" {
		return "-"
	}
	return l.OnClientClose
}

func printLoops(w io.Writer, loops []api.Loop) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LOOP\tDEVICE\tFORMAT\tSTATE\tSERVER\tCLIENT\tFRAMES\tXRUNS\tWAITING\tON CLOSE")
	for _, l := range loops {
		server, client := l.Ends()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d/%d\t%d\t%s\n",
			l.Name, l.Device, report.Format(l.Format), l.State, report.Holder(server), clientText(&l),
			l.Frames, server.Xruns, client.Xruns, l.Waiting, onCloseText(&l))
	}
	return table.Flush()
}

func clientText(l *api.Loop) string {
	if len(l.Clients) > 1 {
		return fmt.Sprintf("%d clients", len(l.Clients))
	}
	_, client := l.Ends()
	return report.Holder(client)
}
