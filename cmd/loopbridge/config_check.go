package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// checkConfig prints what is wrong with a file, one line for each problem, or one
// line that says that it is fine. The error is for the exit code and the last
// line: it does not repeat the problems.
func checkConfig(path string, out io.Writer) error {
	c, err := loadConfig(path)
	var problems configProblems
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
