package node_test

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/node"
)

// The rule of udev that packages bring is about every node that there can be, and about no other file.
func TestUdevKnowsAllNodes(t *testing.T) {
	text, err := os.ReadFile("../configs/udev/60-loopbridge.rules")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^SUBSYSTEM=="cuse", KERNEL=="([^"]*)", GROUP="audio", MODE="0660"$`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("there is no rule in\n%s", text)
	}
	patterns := strings.Split(string(found[1]), "|")
	known := func(name string) bool {
		for _, p := range patterns {
			// The kernel's names have ! in the place of a slash.
			if ok, err := path.Match(p, strings.ReplaceAll(name, "/", "!")); ok || err != nil {
				return err == nil
			}
		}
		return false
	}
	all := node.Plan([]string{"loop0"}, func(string) string { return "" }, []string{"main"}, node.Names{DSP: "loop0", Audio: "main", Mixer: "main"})
	for _, spec := range all {
		if !known(spec.Path) {
			t.Errorf("no rule for %s", spec.Path)
		}
	}
	if len(all) != 9 || known("ttyS0") || known("snd/seq") {
		t.Errorf("%d nodes, or the rule is about others", len(all))
	}
}
