package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/client/control"
)

// hold is what a daemon holds at a moment, by kind.
type hold map[string]uint64

// slack returns how much more of a kind may be there in the end. What is counted must be equal; memory and threads
// depend on what the runtime of Go has done last.
func slack(kind string, before uint64) uint64 {
	switch {
	case strings.HasSuffix(kind, " bytes resident"):
		return before/4 + 8<<20
	case strings.HasSuffix(kind, " bytes of heap"):
		return before/4 + 1<<20
	case strings.HasSuffix(kind, " threads"):
		return 16
	}
	return 0
}

// holdOf returns what the daemon holds now.
func (s *soak) holdOf(ctx context.Context) (hold, error) {
	h := hold{}
	pid := s.daemon.pid()
	status, err := readStatus(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil, err
	}
	h["memory: bytes resident"] = (status["VmRSS"] - status["RssShmem"]) << 10
	h["threads: threads"] = status["Threads"]
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil {
			h["descriptors: "+kindOf(strings.TrimPrefix(to, s.daemon.dir+"/"))]++
		}
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	h["mappings: rings"] = uint64(strings.Count(string(maps), "memfd:loopbridge"))
	names, err := os.ReadDir(s.daemon.dir)
	if err != nil {
		return nil, err
	}
	h["files: beside the socket"] = uint64(len(names))
	states, err := os.ReadDir(s.inside("."))
	if err != nil {
		return nil, err
	}
	h["files: of the state"] = uint64(len(states))
	s.ask(ctx, h)
	return h, nil
}

// kindOf returns what a descriptor is, without the number of one.
func kindOf(link string) string {
	link = strings.TrimSuffix(link, " (deleted)")
	if kind, _, numbered := strings.Cut(link, ":["); numbered && kind != "anon_inode" {
		return kind
	}
	return link
}

// ask adds what the daemon knows of itself, if it is one that tells: goroutines, and the heap after a collection.
func (s *soak) ask(ctx context.Context, h hold) {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", control.Socket(s.daemon.socket))
	}}
	c := http.Client{Transport: transport, Timeout: soakPatience}
	find := func(path, format, kind string) {
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://loopbridge"+path, nil)
		if err != nil {
			return
		}
		r, err := c.Do(q)
		if err != nil {
			return
		}
		defer r.Body.Close()
		for lines := bufio.NewScanner(r.Body); r.StatusCode == http.StatusOK && lines.Scan(); {
			var n uint64
			if found, _ := fmt.Sscanf(lines.Text(), format, &n); found == 1 {
				h[kind] = n
			}
		}
	}
	find("/debug/pprof/heap?gc=1&debug=1", "# HeapAlloc = %d", "memory: bytes of heap")
	find("/debug/pprof/goroutine?debug=1", "goroutine profile: total %d", "goroutines: in all")
}

// usageOf is what a daemon holds when nobody uses it.
type usageOf struct {
	worn  hold // in the process that was used
	fresh hold // in the process after an upgrade
}

// settled returns what the daemon holds once nothing ends any more: if there is a usage before, once it holds no more than
// then.
func (s *soak) settled(ctx context.Context, before *usageOf) (*usageOf, error) {
	s.say("looking for leaks")
	if before == nil {
		before = &usageOf{}
	}
	var u usageOf
	if err := s.noEnds(ctx); err != nil {
		s.failed("the end", err)
	}
	var err error
	if u.worn, err = s.settle(ctx, before.worn); err != nil {
		return nil, err
	}
	if err := s.upgrade(ctx); err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	u.fresh, err = s.settle(ctx, before.fresh)
	return &u, err
}

// noEnds waits until no program holds an end any more.
func (s *soak) noEnds(ctx context.Context) error {
	for late := time.Now().Add(settleLimit); ; {
		loops, err := s.operator.Loops(ctx)
		if err != nil {
			return err
		}
		var held []string
		for i := range loops {
			l := &loops[i]
			ends := l.Clients
			if l.Server != nil {
				ends = append(ends, *l.Server)
			}
			for _, e := range ends {
				if e.PID != 0 && e.PID != s.daemon.pid() {
					held = append(held, fmt.Sprintf("%s of %s is held by %s (pid %d), which has gone: %+v", e.Direction, l.Name, e.Program, e.PID, e))
				}
			}
		}
		if len(held) == 0 {
			return nil
		}
		if time.Now().After(late) {
			return errors.New(strings.Join(held, "; "))
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// settleLimit is how long something that is still in use may take to end.
const settleLimit = 20 * time.Second

func (s *soak) settle(ctx context.Context, before hold) (h hold, err error) {
	late := time.Now().Add(settleLimit)
	var last hold
	for same := 0; same < 4 && time.Now().Before(late); {
		s.operator.Close()
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
		if h, err = s.holdOf(ctx); err != nil {
			return nil, err
		}
		if same++; before != nil && len(leaksOf("", before, h)) > 0 || before == nil && !equalCounts(last, h) {
			same = 0
		}
		last = h
	}
	return h, nil
}

// equalCounts reports whether all that has no slack is the same.
func equalCounts(a, b hold) bool {
	return maps.EqualFunc(a, b, func(x, y uint64) bool { return true }) && !slices.ContainsFunc(slices.Collect(maps.Keys(b)), func(kind string) bool {
		return slack(kind, b[kind]) == 0 && a[kind] != b[kind]
	})
}

// afterUpgrade is what the kinds of a fresh process end with.
const afterUpgrade = ", after an upgrade"

// compareUsage returns a line for each kind.
func compareUsage(before, after *usageOf) (all []Leak) {
	return append(compareHolds("", before.worn, after.worn), compareHolds(afterUpgrade, before.fresh, after.fresh)...)
}

func compareHolds(note string, before, after hold) (all []Leak) {
	kinds := slices.Collect(maps.Keys(after))
	for kind := range before {
		if _, too := after[kind]; !too {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		l := Leak{Kind: kind + note, Before: before[kind], After: after[kind]}
		l.Leaked = l.After > l.Before+slack(kind, l.Before)
		all = append(all, l)
	}
	return all
}

// leaksOf returns what has leaked.
func leaksOf(note string, before, after hold) []Leak {
	return slices.DeleteFunc(compareHolds(note, before, after), func(l Leak) bool { return !l.Leaked })
}
