package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop"
)

// lsCmd shows the loops of a daemon.
type lsCmd struct {
	JSON bool `name:"json" help:"Print a JSON array with everything that is known."`
}

// Run prints a table, or JSON.
func (c *lsCmd) Run(ctx context.Context, e *env) error {
	list, err := client.List(ctx, e.socket())
	if err != nil {
		return stopped(ctx, err)
	}
	loops := make([]loopInfo, len(list))
	for i := range list {
		loops[i] = infoOf(&list[i])
	}
	if c.JSON {
		return writeJSON(e.stdout, loops)
	}
	if err := printLoops(e.stdout, loops); err != nil {
		return err
	}
	for _, l := range loops {
		if l.State == "ended" && l.OnClientClose == loop.Reset.String() && !l.attached {
			e.warn("%s has ended, because a program closed, or stopped, paused or sought in its sound;"+
				" with on_client_close = \"hold\" or \"silence\" for the loop its server goes on", l.Name)
		}
	}
	return nil
}

// onCloseText returns what becomes of a server that is a program.
func onCloseText(l *loopInfo) string {
	if l.attached {
		return "-"
	}
	return l.OnClientClose
}

func printLoops(w io.Writer, loops []loopInfo) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LOOP\tDEVICE\tFORMAT\tSTATE\tSERVER\tCLIENT\tFRAMES\tXRUNS\tWAITING\tON CLOSE")
	for _, l := range loops {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d/%d\t%d\t%s\n",
			l.Name, l.Device, l.formatInfo, l.State, holderText(l.Server), clientText(&l),
			l.Frames, l.Server.Xruns, l.Client.Xruns, l.Waiting, onCloseText(&l))
	}
	return table.Flush()
}

func clientText(l *loopInfo) string {
	if l.Clients > 1 {
		return fmt.Sprintf("%d clients", l.Clients)
	}
	return holderText(l.Client)
}

func holderText(e endInfo) string {
	if !e.Open {
		return "-"
	}
	text := fmt.Sprintf("%s (%d) %ss", console.Printable(e.Program), e.PID, e.Direction)
	if e.PID == 0 { // a device
		text = fmt.Sprintf("%s %ss", console.Printable(e.Program), e.Direction)
	}
	if e.Converted {
		text += " " + e.formatInfo.String()
	}
	return text
}
