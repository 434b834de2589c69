package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/client/control"
)

// mixCmd sets how a program is mixed with the others that a device plays.
type mixCmd struct {
	Loop string   `arg:"" help:"A loop that a device plays." complete:"loop"`
	PID  int      `arg:"" name:"pid" help:"Process of the client, as loopbridge ls shows it."`
	Sets []string `arg:"" name:"field=value" help:"gain=0..255, balance=0..64, mute=0|1."`
}

// Run sets them.
func (c *mixCmd) Run(ctx context.Context, e *env) error {
	m := map[string]any{}
	for _, set := range c.Sets {
		field, text, _ := strings.Cut(set, "=")
		if !slices.Contains([]string{"gain", "balance", "mute"}, field) || text == "" {
			return usageError(fmt.Sprintf("%s: use gain=0..255, balance=0..64, mute=0|1", set))
		}
		m[field] = valueOf(text)
		if field == "mute" {
			m[field] = text == "1" || text == "true"
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return stopped(ctx, control.New(e.socket()).SetMix(ctx, c.Loop, c.PID, body))
}
