package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// checkCmd validates a configuration file.
type checkCmd struct {
	File string `arg:"" help:"Configuration file (TOML); see loopbridge.toml(5)." complete:"file"`
	Diff bool   `help:"Say what a reload with this file would change in the running daemon."`
	JSON bool   `name:"json" help:"Print the changes as JSON."`
}

// Run prints every problem of the file as FILE:LINE:COLUMN, or that there is none.
func (c *checkCmd) Run(ctx context.Context, e *env) error {
	if c.JSON && !c.Diff {
		return usageError("--json is for --diff")
	}
	conf, err := loadConfig(c.File, e.stdout)
	if err != nil {
		return err
	}
	if c.Diff {
		return printDiff(ctx, e, c.File, c.JSON)
	}
	routes := ""
	if n := len(conf.Routes); n > 0 {
		routes = ", " + console.Count(n, "route")
	}
	_, err = fmt.Fprintf(e.stdout, "%s: ok, %s, %s%s\n", c.File, console.Count(len(conf.Devices), "device"),
		console.Count(len(conf.Loops), "loop"), routes)
	return err
}

// loadConfig reads a configuration and prints each problem in a line of its own. The error sets
// the exit code and the last line; it does not repeat the problems.
func loadConfig(path string, out io.Writer) (config.Config, error) {
	c, err := config.Load(path)
	if problems, ok := errors.AsType[config.Problems](err); ok {
		if _, err := fmt.Fprintln(out, problems); err != nil {
			return c, err
		}
		err = fmt.Errorf("%s has %s", path, console.Count(len(problems), "problem"))
	}
	return c, err
}
