package daemon

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/event"
)

// Source is where a daemon has its configuration from, and how it follows a new one. The zero value has none.
type Source struct {
	// Load reads the file again. nil: there is no file.
	Load func() (config.Config, error)
	// Version is that of the program.
	Version string
	// Settle sets what does not depend on the file alone, such as a socket of the command line. It may be nil.
	Settle func(*config.Config)
	// Level changes the level of the log. nil: it stays.
	Level func(zerolog.Level)
	// Reloading is told when a reload begins, and when it has ended. It may be nil.
	Reloading func(begun bool)
}

// Reloads returns how many times the configuration was read again, and changed what runs or was refused.
func (d *Daemon) Reloads() (accepted, refused uint64) { return d.accepted.Load(), d.refused.Load() }

// Reload implements server.Configuration. It blocks until all has changed.
func (d *Daemon) Reload() (api.Reload, error) {
	d.running.mu.Lock()
	defer d.running.mu.Unlock()
	if d.running.closed {
		return api.Reload{}, audio.ErrClosed.With("the daemon ends")
	}
	if tell := d.source.Reloading; tell != nil {
		tell(true)
		defer tell(false)
	}
	was := d.running.config.Daemon.Log
	plan, failures, err := d.reloadLocked()
	if err != nil {
		d.refused.Add(1)
		problems := strings.Split(err.Error(), "\n")
		d.log.Warn().Strs("problems", problems).Msg("the configuration was read again and refused; nothing has changed")
		d.bay.Tell(event.Event{Kind: event.Reloaded, Note: fmt.Sprintf("refused, nothing has changed: %s", console.Count(len(problems), "problem"))})
		return api.Reload{}, err
	}
	d.accepted.Add(1)
	if level := d.source.Level; level != nil { // the more talkative of both has the line about it
		level(min(was, d.running.config.Daemon.Log))
		defer level(d.running.config.Daemon.Log)
	}
	d.tellReload(plan, failures)
	return shown(plan, failures), nil
}

// reloadLocked reads the file and follows it. After an error nothing has changed.
func (d *Daemon) reloadLocked() (*config.Plan, []string, error) {
	if d.source.Load == nil {
		return nil, nil, audio.ErrInvalid.With("the daemon was started without a configuration, so there is nothing to read again; " +
			"start it with --config FILE")
	}
	file, err := d.source.Load()
	if err != nil {
		return nil, nil, audio.ErrInvalid.With("%s", err)
	}
	plan := d.planLocked(file)
	failures, err := d.followLocked(plan)
	return plan, failures, err
}

// planLocked returns how to follow a file.
func (d *Daemon) planLocked(file config.Config) *config.Plan {
	if d.source.Settle != nil {
		d.source.Settle(&file)
	}
	plan := config.Compare(d.running.config, file)
	return &plan
}

// Diff implements server.Configuration.
func (d *Daemon) Diff(name string, text []byte) (api.Reload, error) {
	file, err := config.ParseReload(name, text)
	if err != nil {
		return api.Reload{}, audio.ErrInvalid.With("%s", err)
	}
	d.running.mu.Lock()
	defer d.running.mu.Unlock()
	file.Describe(&d.running.config)
	return shown(d.planLocked(file), nil), nil
}

// tellReload tells the log and all who subscribe what a reload did.
func (d *Daemon) tellReload(plan *config.Plan, failures []string) {
	steps := make([]string, len(plan.Steps))
	for i, s := range plan.Steps {
		steps[i] = s.String()
	}
	note := "nothing has changed"
	if len(steps) > 0 {
		note = console.Count(len(steps), "change")
	}
	line := d.log.Info()
	if len(failures) > 0 {
		line = d.log.Error().Strs("failures", failures)
		note += ", " + console.Count(len(failures), "failure")
	}
	line.Strs("changes", steps).Msg("the configuration was read again")
	d.bay.Tell(event.Event{Kind: event.Reloaded, Note: note})
}

// shown returns a plan as operators see it.
func shown(plan *config.Plan, failures []string) api.Reload {
	r := api.Reload{Changes: []api.ReloadStep{}, Failures: failures}
	for _, s := range plan.Steps {
		step := api.ReloadStep{Action: string(s.Action), Table: string(s.Table), Name: s.Name, Text: s.String()}
		for _, k := range s.Keys {
			step.Keys = append(step.Keys, api.KeyChange(k))
		}
		r.Changes = append(r.Changes, step)
	}
	return r
}

// permit lets others use both sockets than before.
func (d *Daemon) permit(now, before *config.Daemon) error {
	if err := d.server.Permit(socketOf("", now)); err != nil {
		return errors.Join(err, d.server.Permit(socketOf("", before)))
	}
	if err := d.control.Permit(socketOf("", now)); err != nil {
		return errors.Join(err, d.server.Permit(socketOf("", before)), d.control.Permit(socketOf("", before)))
	}
	return nil
}
