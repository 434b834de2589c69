package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/wire"
)

// version is set with -ldflags "-X main.version=…".
var version string

// versionCmd prints what this program is.
type versionCmd struct {
	JSON bool `name:"json" help:"Print a JSON object."`
}

// Run prints the version.
func (c *versionCmd) Run(e *env) error {
	v := currentVersion()
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(v)
	}
	_, err := fmt.Fprintf(e.stdout, "loopbridge %s (%s, protocol version %d)\n", v.Version, v.Go, v.Protocol)
	return err
}

func currentVersion() api.Version {
	v := api.Version{Version: version, Go: runtime.Version(), Protocol: wire.Version}
	if v.Version == "" {
		v.Version = builtVersion()
	}
	return v
}

// builtVersion returns the version that the go command recorded.
func builtVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	switch {
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	case revision != "":
		return revision + dirty
	}
	return "devel"
}
