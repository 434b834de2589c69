package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
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
			l.Name, l.Device, formatText(l.Format), l.State, holderText(server), clientText(&l),
			l.Frames, server.Xruns, client.Xruns, l.Waiting, onCloseText(&l))
	}
	return table.Flush()
}

func clientText(l *api.Loop) string {
	if len(l.Clients) > 1 {
		return fmt.Sprintf("%d clients", len(l.Clients))
	}
	_, client := l.Ends()
	return holderText(client)
}

func holderText(e api.End) string {
	if !e.Held() {
		return "-"
	}
	text := fmt.Sprintf("%s (%d) %ss", console.Printable(e.Program), e.PID, e.Direction)
	if e.PID == 0 { // a device
		text = fmt.Sprintf("%s %ss", console.Printable(e.Program), e.Direction)
	}
	if e.Converted {
		text += " " + formatText(e.Format)
	}
	return text
}

// formatText formats f for a table.
func formatText(f audio.Format) string {
	text := fmt.Sprintf("%s %d Hz %d ch", f.Encoding, f.Rate, f.Channels)
	if f.Positions.Known() {
		text += " " + f.Positions.String()
	}
	return text
}
