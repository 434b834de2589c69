package main

import (
	"context"
	"fmt"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// upgradeCmd lets another program take the place of the daemon's.
type upgradeCmd struct {
	IfChanged bool `help:"Do nothing if the program that runs is still the one at its path."`
	JSON      bool `name:"json" help:"Print JSON."`
}

// Run returns once the other program runs, or with the reason why the one before goes on.
func (c *upgradeCmd) Run(ctx context.Context, e *env) error {
	u, err := control.New(e.socket()).Upgrade(ctx, c.IfChanged)
	switch {
	case err != nil:
		return err
	case c.JSON:
		return writeJSON(e.stdout, u)
	case u.To == "":
		fmt.Fprintf(e.stdout, "the daemon runs the program at its path: %s\n", u.From)
		return nil
	}
	fmt.Fprintln(e.stdout, upgraded(&u))
	return nil
}

// upgraded says what an upgrade did.
func upgraded(u *api.Upgrade) string {
	return fmt.Sprintf("%s has taken over from %s: %s went on, no clock was served for %.1f ms", u.To, u.From,
		console.Count(u.Connections, "connection"), u.Away)
}
