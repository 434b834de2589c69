package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.toml")
	for _, c := range []struct{ doc, out, err string }{
		{"", "FILE: ok, 1 device, 4 loops\n", ""},
		{"[[loop]]\nname=\"a\"\n[[device]]\nname=\"d\"\nbackend=\"null\"\n", "FILE: ok, 2 devices, 1 loop\n", ""},
		{"[daemon]\nlog=\"loud\"\n", "FILE:2:5: daemon.log = \"loud\": unknown, use one of trace, debug, info, warn, error\n",
			"FILE has 1 problem"},
	} {
		if err := os.WriteFile(file, []byte(c.doc), 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		message := ""
		if err := (&checkCmd{File: file}).Run(t.Context(), &env{stdout: &out}); err != nil {
			message = strings.ReplaceAll(err.Error(), file, "FILE")
		}
		if got := strings.ReplaceAll(out.String(), file, "FILE"); got != c.out || message != c.err {
			t.Errorf("%q: printed %q, error %q", c.doc, got, message)
		}
	}
}
