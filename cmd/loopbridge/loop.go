package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// loopCmd adds and removes loops.
type loopCmd struct {
	Add loopAddCmd `cmd:"" help:"Add a loop until the daemon stops."`
	Rm  loopRmCmd  `cmd:"" help:"Remove a loop and disconnect its programs."`
}

type loopAddCmd struct {
	Name string   `arg:"" help:"Name of the new loop."`
	Keys []string `arg:"" optional:"" name:"key=value" help:"Keys of [[loop]] in the configuration, such as rate=44100 or server.device=main; see loopbridge.toml(5)."`
}

// Run adds a loop.
func (c *loopAddCmd) Run(ctx context.Context, e *env) error {
	table := map[string]any{"name": c.Name}
	for _, arg := range c.Keys {
		path, text, found := strings.Cut(arg, "=")
		if !found {
			return usageError(fmt.Sprintf(`%s has no "=": write KEY=VALUE, such as rate=44100`, arg))
		}
		put(table, strings.Split(path, "."), valueOf(text))
	}
	body, err := json.Marshal(table)
	if err != nil {
		return err
	}
	return stopped(ctx, e.control().AddLoop(ctx, body))
}

// put sets a key in a table of tables.
func put(table map[string]any, path []string, v any) {
	for ; len(path) > 1; path = path[1:] {
		inner, ok := table[path[0]].(map[string]any)
		if !ok {
			inner = map[string]any{}
			table[path[0]] = inner
		}
		table = inner
	}
	table[path[0]] = v
}

// valueOf parses a value as TOML. Anything else is a string, so that strings need no second quotes.
func valueOf(text string) any {
	var doc struct{ V any }
	if err := toml.Unmarshal([]byte("V = "+text), &doc); err == nil {
		return doc.V
	}
	return text
}

type loopRmCmd struct {
	Name string `arg:"" help:"Name of the loop." complete:"loop"`
}

// Run removes a loop.
func (c *loopRmCmd) Run(ctx context.Context, e *env) error {
	return stopped(ctx, e.control().RemoveLoop(ctx, c.Name))
}

// drainCmd waits until a loop has delivered what was written.
type drainCmd struct {
	Loop string `arg:"" help:"Name of the loop." complete:"loop"`
}

// Run blocks until all of it is played.
func (c *drainCmd) Run(ctx context.Context, e *env) error {
	return stopped(ctx, e.control().Drain(ctx, c.Loop))
}

// haltCmd ends the sessions of a loop.
type haltCmd struct {
	Loop string `arg:"" help:"Name of the loop." complete:"loop"`
}

// Run discards the frames in the loop.
func (c *haltCmd) Run(ctx context.Context, e *env) error {
	return stopped(ctx, e.control().Halt(ctx, c.Loop))
}
