package doctor

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

type configured = config.Config

// hiding is a file system with files that may not be opened.
type hiding struct {
	fs.ReadLinkFS
	names map[string]bool
}

func (h hiding) Open(name string) (fs.File, error) {
	if h.names[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return h.ReadLinkFS.Open(name)
}

// hanging is a file system with a file that never opens, until the test ends.
type hanging struct {
	fs.ReadLinkFS
	name string
	end  chan struct{}
}

func (h hanging) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, h.name) {
		<-h.end
	}
	return h.ReadLinkFS.Open(name)
}

// In virtual time: a check that hangs is left out after its limit, and the others have their say.
func TestHangingChecks(t *testing.T) {
	for name, hangs := range map[string]func(f *fake, end chan struct{}){
		"a file of the kernel": func(f *fake, end chan struct{}) { f.Root = hanging{f.files, "current_clocksource", end} },
		"the state file":       func(f *fake, end chan struct{}) { f.Root = hanging{f.files, "state.json", end} },
		"rtkit": func(f *fake, _ chan struct{}) {
			f.file("proc/700/limits", strings.ReplaceAll(limits, "95", "0"))
			f.RTKit = func(ctx context.Context) (int, error) { <-ctx.Done(); <-ctx.Done(); return 0, ctx.Err() }
		},
		"the list of alsa-lib": func(f *fake, _ chan struct{}) {
			f.PCMs = func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		},
		"the configuration": func(f *fake, end chan struct{}) {
			f.Load = func(string) (config.Config, error) { <-end; return config.Config{}, nil }
		},
		"cards": func(f *fake, end chan struct{}) { f.Root = hanging{f.files, "asound/cards", end} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				end := make(chan struct{})
				defer close(end)
				hangs(f, end)
				began := time.Now()
				r := Examine(t.Context(), f.Machine)
				if took := time.Since(began); took != limit {
					t.Errorf("it took %v, want %v", took, limit)
				}
				if len(r.Findings) < len(table())-4 {
					t.Errorf("only %d findings", len(r.Findings))
				}
			})
		})
	}
}
