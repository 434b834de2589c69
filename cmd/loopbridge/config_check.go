package main

import (
	"errors"
	"fmt"
	"io"
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
		return fmt.Errorf("%s has %s", path, count(len(problems), "problem"))
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(out, "%s: ok, %s, %s\n", path, count(len(c.Devices), "device"), count(len(c.Loops), "loop"))
	return err
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
