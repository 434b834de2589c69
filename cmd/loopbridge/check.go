package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// checkCmd validates a configuration file.
type checkCmd struct {
	File string `arg:"" help:"Configuration file (TOML); see loopbridge.toml(5)." complete:"file"`
}

// Run prints every problem of the file as FILE:LINE:COLUMN, or that it is fine.
func (c *checkCmd) Run(e *env) error { return checkConfig(c.File, e.stdout) }

// checkConfig prints what is wrong with a file, one line for each problem, or one
// line that says that it is fine. The error is for the exit code and the last
// line: it does not repeat the problems.
func checkConfig(path string, out io.Writer) error {
	c, err := config.Load(path)
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		if _, err := fmt.Fprintln(out, problems); err != nil {
			return err
		}
		return fmt.Errorf("%s has %s", path, console.Count(len(problems), "problem"))
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(out, "%s: ok, %s, %s\n", path, console.Count(len(c.Devices), "device"), console.Count(len(c.Loops), "loop"))
	return err
}
