package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// deviceCmd adds, removes and describes devices of the network.
type deviceCmd struct {
	Add deviceAddCmd `cmd:"" help:"Add a device of the network until the daemon stops: a stream that others send, or one that is sent."`
	Rm  deviceRmCmd  `cmd:"" help:"Remove a device of the network."`
	Sdp deviceSDPCmd `cmd:"" name:"sdp" help:"Print the description (SDP) of what a device sends to the network."`
}

// deviceAddCmd is the command "device add". The daemon has the defaults.
type deviceAddCmd struct {
	Stream string   `arg:"" help:"The stream: rtp://ADDRESS:PORT?KEY=VALUE&…, a file with a description (SDP), - for one on the standard input, or the name of an announced stream, as devices shows it; with direction=send among the keys of a URL, one that is sent." complete:"stream"`
	Keys   []string `arg:"" optional:"" name:"key=value" help:"Keys of [[device]] in the configuration, such as period=1ms or receive.latency=2ms; see loopbridge.toml(5)."`
	Name   string   `help:"Name of the new device. Default: made from that of the stream, or from its address." placeholder:"NAME"`
}

// Run adds a device.
func (c *deviceAddCmd) Run(ctx context.Context, e *env) error {
	table, err := c.table(ctx, e)
	if err != nil {
		return err
	}
	for _, arg := range c.Keys {
		path, text, found := strings.Cut(arg, "=")
		if !found {
			return usageError(fmt.Sprintf(`%s has no "=": write KEY=VALUE, such as period=1ms`, arg))
		}
		put(table, strings.Split(path, "."), valueOf(text))
	}
	table["backend"] = "rtp"
	if c.Name != "" {
		table["name"] = c.Name
	}
	body, err := json.Marshal(table)
	if err != nil {
		return err
	}
	d, err := e.control().AddDevice(ctx, body)
	if err != nil {
		return stopped(ctx, err)
	}
	_, err = fmt.Fprintln(e.stdout, d.Name)
	return err
}

// table returns the keys of [[device]] that the stream says.
func (c *deviceAddCmd) table(ctx context.Context, e *env) (map[string]any, error) {
	switch {
	case c.Stream == "-":
		return textTable("the standard input", e.stdin)
	case strings.Contains(c.Stream, "://"):
		return urlTable(c.Stream)
	case strings.ContainsAny(c.Stream, "/") || strings.HasSuffix(c.Stream, ".sdp") || isFile(c.Stream):
		return fileTable(c.Stream)
	}
	all, err := e.control().Streams(ctx)
	if err != nil {
		return nil, stopped(ctx, err)
	}
	return announcedTable(&all, c.Stream)
}

func isFile(name string) bool { info, err := os.Stat(name); return err == nil && !info.IsDir() }

// deviceKeys are keys of a URL that are of the device; the others are of its direction.
func deviceKeys() []string {
	return []string{"name", "rate", "channels", "format", "period", "periods"}
}

// urlTable reads rtp://239.69.1.1:5004?payload=L24&channels=2.
func urlTable(text string) (map[string]any, error) {
	const use = "use one such as rtp://239.69.1.1:5004?payload=L24&channels=2"
	u, err := url.Parse(text)
	switch {
	case err == nil && u.Scheme != "rtp":
		return nil, usageError(u.Scheme + ":// is not RTP: " + use)
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return nil, usageError(text + " is no address of a stream: " + use)
	}
	keys, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, usageError(text + ": " + err.Error())
	}
	direction := cmp.Or(keys.Get("direction"), "receive")
	if direction != "receive" && direction != "send" {
		return nil, usageError("direction=" + direction + " is unknown, use receive or send")
	}
	keys.Del("direction")
	table := map[string]any{"name": nameFor(u.Host)}
	stream := map[string]any{"address": u.Host}
	for key, values := range keys {
		if len(values) > 1 {
			return nil, usageError(key + " is given twice")
		}
		to := stream
		if slices.Contains(deviceKeys(), key) {
			to = table
		}
		to[key] = valueOf(values[0])
	}
	table[direction] = stream
	return table, nil
}

// fileTable reads a description from a file. The daemon gets its text, so that it needs no right to the file.
func fileTable(name string) (map[string]any, error) {
	f, err := files.Open("description", name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return textTable(name, f)
}

// textTable reads a description.
func textTable(name string, from io.Reader) (map[string]any, error) {
	text, err := io.ReadAll(io.LimitReader(from, 1<<20))
	if err != nil {
		return nil, err
	}
	d, err := sdp.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if d.Keys != nil {
		return nil, audio.ErrInvalid.With("%s has the key of the stream, which is not passed on: write the key into a file that the daemon may read, "+
			"take the line a=crypto out, and add receive.keys=FILE", name)
	}
	return describedTable(cmp.Or(d.Name, d.Paths[0].To.String()), string(text)), nil
}

// announcedTable finds a stream that somebody announces.
func announcedTable(all *api.Streams, name string) (map[string]any, error) {
	var found []api.Stream
	var names []string
	for _, s := range all.Streams {
		if names = append(names, s.Name); s.Name == name {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return describedTable(name, found[0].SDP), nil
	case len(found) > 1:
		var text []string
		for _, s := range found {
			text = append(text, fmt.Sprintf("%s by %s", strings.Join(s.Addresses, " and "), s.Sender))
		}
		return nil, audio.ErrInvalid.With("%d streams are named %s: %s; use the URL of one", len(found), name, strings.Join(text, ", "))
	case !all.Listens:
		return nil, audio.ErrNoDevice.With("%s is no file and no URL, and the daemon hears no announcements: that takes discover = true in [daemon]", name)
	case len(names) == 0:
		return nil, audio.ErrNoDevice.With("%s is no file and no URL, and nobody announces a stream now", name)
	}
	return nil, audio.ErrNoDevice.With("no stream %s is announced; there are %s", name, strings.Join(names, ", "))
}

func describedTable(name, text string) map[string]any {
	return map[string]any{"name": nameFor(name), "receive": map[string]any{"sdp": text}}
}

// nameFor makes the name of a device from any text.
func nameFor(text string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, text), "-")
	return cmp.Or(name[:min(len(name), config.MaxName)], "stream")
}

type deviceRmCmd struct {
	Name string `arg:"" help:"Name of the device." complete:"netdevice"`
}

// Run removes a device.
func (c *deviceRmCmd) Run(ctx context.Context, e *env) error {
	return stopped(ctx, e.control().RemoveDevice(ctx, c.Name))
}

type deviceSDPCmd struct {
	Name string `arg:"" help:"Name of the device." complete:"netdevice"`
}

// Run prints the description.
func (c *deviceSDPCmd) Run(ctx context.Context, e *env) error {
	text, err := e.control().Description(ctx, c.Name)
	if err != nil {
		return stopped(ctx, err)
	}
	_, err = e.stdout.Write(text)
	return err
}
