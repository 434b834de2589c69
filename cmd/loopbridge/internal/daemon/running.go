package daemon

import (
	"cmp"
	"slices"
	"sync"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// running is what a daemon runs: what its file said when it was last read, and what operators have added and removed
// since. Whoever adds, removes or changes a device, a loop, a route or a recorder holds mu until it has happened.
type running struct {
	mu     sync.Mutex
	config config.Config
	closed bool // the daemon ends
}

// Running returns what the daemon runs: its file, and what operators have added and removed since. What programs and
// operators have set is not in it. It blocks while anything is added or removed.
func (d *Daemon) Running() config.Config {
	d.running.mu.Lock()
	defer d.running.mu.Unlock()
	return d.running.config.Clone()
}

// replaceLocked replaces a device, a loop, a route or a recorder by another one of the same name.
func replaceLocked[T any](all []T, one T, name func(T) string) {
	if i := slices.IndexFunc(all, func(other T) bool { return name(other) == name(one) }); i >= 0 {
		all[i] = one
	}
}

// dropLocked removes a device, a loop, a route or a recorder.
func dropLocked[T any](all *[]T, gone string, name func(T) string) {
	*all = slices.DeleteFunc(*all, func(one T) bool { return name(one) == gone })
}

// orderLocked puts what runs into the order of a file.
func (r *running) orderLocked(like *config.Config) {
	order(r.config.Devices, like.Devices, deviceName)
	order(r.config.Loops, like.Loops, loopName)
	order(r.config.Routes, like.Routes, routeName)
	order(r.config.Recorders, like.Recorders, recorderName)
}

func order[T any](all, like []T, name func(T) string) {
	at := map[string]int{}
	for i, one := range like {
		at[name(one)] = i
	}
	slices.SortStableFunc(all, func(x, y T) int { return cmp.Compare(at[name(x)], at[name(y)]) })
}

func deviceName(d config.Device) string { return d.Name }
func loopName(l config.Loop) string     { return l.Name }
func routeName(r config.Route) string   { return r.Name }
