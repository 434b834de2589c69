package doctor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// limit is how long a check may take.
const limit = 5 * time.Second

// check is a line of the table. It returns nothing if its subject does not exist here.
type check struct {
	group, name string
	run         func(*look) []Finding
}

// table returns all checks, by subject, in the order of their output.
func table() []check {
	return []check{
		{"daemon", "reach", (*look).reach},
		{"daemon", "runtime-dir", (*look).runtimeDir},
		{"daemon", "versions", (*look).versions},
		{"daemon", "replaced", (*look).replaced},
		{"daemon", "duplicates", (*look).duplicates},
		{"daemon", "devices", (*look).deviceStates},
		{"daemon", "loops", (*look).loopStates},
		{"daemon", "routes", (*look).routeStates},

		{"configuration", "file", (*look).configuration},
		{"configuration", "state", (*look).stateFile},

		{"permissions", "nodes", (*look).nodes},
		{"permissions", "group", (*look).group},
		{"permissions", "device-nodes", (*look).deviceNodes},
		{"permissions", "network", (*look).network},

		{"real time", "threads", (*look).threads},
		{"real time", "priority", (*look).priority},
		{"real time", "throttling", (*look).throttling},
		{"real time", "memory", (*look).memory},
		{"real time", "descriptors", (*look).descriptors},

		{"cards", "cards", (*look).present},
		{"cards", "holders", (*look).holders},
		{"cards", "autosuspend", (*look).autosuspend},

		{"alsa-lib", "plugin", (*look).plugin},
		{"alsa-lib", "configuration", (*look).alsaConfiguration},

		{"kernel", "options", (*look).kernelOptions},
		{"kernel", "timers", (*look).timers},
		{"kernel", "clock", (*look).clockSource},

		{"machine", "governor", (*look).governor},
		{"machine", "container", (*look).container},
		{"machine", "virtual", (*look).virtual},
	}
}

// Examine runs all checks.
func Examine(ctx context.Context, m Machine) Report { return examine(ctx, m, table()) }

func examine(ctx context.Context, m Machine, checks []check) Report {
	l := newLook(ctx, m)
	results := make([][]Finding, len(checks))
	var wait sync.WaitGroup
	for i, c := range checks {
		wait.Go(func() { results[i] = bounded(ctx, c, l) })
	}
	wait.Wait()
	var found []Finding
	var order []string
	for i, c := range checks {
		order = append(order, c.group)
		for _, f := range results[i] {
			f.Group, f.Check = c.group, c.name
			found = append(found, f)
		}
	}
	return newReport(found, order)
}

// bounded runs a check.
func bounded(ctx context.Context, c check, l *look) []Finding {
	found, ended := within(ctx, func(ctx context.Context) []Finding {
		own := *l
		own.ctx = ctx
		return c.run(&own)
	})
	if !ended {
		return one(Warning, "sudo dmesg | tail    # a device or a file system hangs",
			"this check has not ended within %v, and was left out", limit)
	}
	return found
}

// within runs something for as long as a check may take, and then leaves it alone: a file system that hangs cannot
// be interrupted. false: it has not ended.
func within[T any](ctx context.Context, run func(context.Context) T) (result T, ended bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan T, 1)
	go func() { done <- run(ctx) }()
	select {
	case result = <-done:
		return result, true
	case <-ctx.Done():
		return result, false
	}
}

// one returns a single finding.
func one(level Level, remedy, format string, args ...any) []Finding {
	return []Finding{{Level: level, Text: fmt.Sprintf(format, args...), Remedy: remedy}}
}

// fine returns a single finding that is good.
func fine(format string, args ...any) []Finding { return one(OK, "", format, args...) }

// unread returns the finding of what this user may not read.
func (l *look) unread(what string) []Finding {
	socket := ""
	if l.Named {
		socket = "--socket " + console.Quote(l.Socket) + " "
	}
	return one(Note, "sudo loopbridge "+socket+"doctor", "this user may not read %s", what)
}
