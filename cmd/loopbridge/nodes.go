package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// nodesCmd lists the device files of a daemon.
type nodesCmd struct {
	JSON bool `name:"json" help:"Print JSON with all details, as in the control API."`
}

// Run prints a table, or JSON.
func (c *nodesCmd) Run(ctx context.Context, e *env) error {
	nodes, err := e.control().Nodes(ctx)
	if err != nil {
		return stopped(ctx, err)
	}
	if c.JSON {
		return writeJSON(e.stdout, api.Nodes{Nodes: nodes})
	}
	if len(nodes) == 0 {
		e.warn("there are no device nodes: the configuration says so with make = true in [nodes]")
		return nil
	}
	return printNodes(e.stdout, nodes)
}

func printNodes(w io.Writer, nodes []api.Node) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NODE\tKIND\tOF\tHELD BY")
	for _, n := range nodes {
		held := "-"
		switch {
		case n.Problem != "":
			held = "missing: " + n.Problem
		case len(n.Holders) > 0:
			var all []string
			for _, h := range n.Holders {
				all = append(all, fmt.Sprintf("%s (%d) %s", h.Program, h.PID, h.Direction))
			}
			held = strings.Join(all, ", ")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", n.Path, strings.TrimSpace(n.Kind+" "+n.End), n.Of, console.Printable(held))
	}
	return table.Flush()
}
