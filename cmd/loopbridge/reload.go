package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// reloadCmd makes the daemon follow its configuration.
type reloadCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints what has changed, a line each. It fails if the file is wrong, and if anything that it asks for did not succeed.
func (c *reloadCmd) Run(ctx context.Context, e *env) error {
	daemon := control.New(e.socket())
	u, old := daemon.Upgrade(ctx, true) // the file may be for the program that is installed now
	switch {
	case errors.Is(old, audio.ErrNoDevice), errors.Is(old, audio.ErrPermission):
		old = nil // a daemon that knows no upgrade, or is asked over TCP
	case old == nil && u.To != "" && !c.JSON:
		fmt.Fprintln(e.stdout, upgraded(&u))
	}
	r, err := daemon.Reload(ctx)
	if err != nil {
		return errors.Join(old, stopped(ctx, err))
	}
	if err := printReload(e, &r, c.JSON, "nothing has changed"); err != nil {
		return err
	}
	if old != nil {
		return old
	}
	if n := len(r.Failures); n > 0 {
		return errors.New(console.Count(n, "change") + " did not succeed")
	}
	return nil
}

// printReload prints changes to standard output, and failures to standard error.
func printReload(e *env, r *api.Reload, asJSON bool, none string) error {
	if asJSON {
		return writeJSON(e.stdout, r)
	}
	for _, change := range r.Changes {
		if _, err := fmt.Fprintln(e.stdout, console.Printable(change.Text)); err != nil {
			return err
		}
	}
	if len(r.Changes) == 0 {
		if _, err := fmt.Fprintln(e.stdout, none); err != nil {
			return err
		}
	}
	for _, failure := range r.Failures {
		e.warn("%s", failure)
	}
	return nil
}

// printDiff prints what a reload with a file would change.
func printDiff(ctx context.Context, e *env, file string, asJSON bool) error {
	path, err := filepath.Abs(file) // the daemon may run elsewhere
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r, err := control.New(e.socket()).Diff(ctx, path, text)
	if err != nil {
		return stopped(ctx, err)
	}
	return printReload(e, &r, asJSON, "nothing would change")
}
