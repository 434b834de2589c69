package hwtest_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// nodeCase is a case of device nodes, which needs the kernel's CUSE and no card.
type nodeCase struct {
	name string
	run  func(*bench)
}

func nodeCases() []nodeCase {
	return []nodeCase{
		{"cat to and from nodes", catsThroughNodes},
		{"edge cases of loops", walksLoops},
		{"state cases of audio(7I)", walksStates},
		{"monitor gain", monitorsByNode},
		{"balance, unity and clipping", levelsByNode},
		{"programs of OSS", playsOSS},
		{"ALSA at the other end", meetsALSA},
		{"aumix", mixesByAumix},
		{"programs that are killed", killsPrograms},
		{"ends of daemons and loops", endsDaemons},
		{"an upgrade under way", upgradesUnderWay},
		{"32 pairs", loadsPairs},
		{"the module is unloaded", losesModule}, // the last one
	}
}

// nodesCard is the subject of their lines in the report.
const nodesCard = "CUSE"

// TestNodes runs the cases of device nodes in a machine of its own: the kernel of the host has no CUSE.
func TestNodes(t *testing.T) {
	if lab.Inside() {
		runNodeCases(t)
		return
	}
	kernel := kernelFor(t, map[string]string{"gcc": "gcc"})
	records := reported(t, kernel, []lab.Card{lab.Loopback()}, func(c lab.Config) (lab.Result, error) {
		c.Files = buildNodes(t)
		return boot(t, kernel, chosenIn("TestNodes"), c)
	})
	good := retell(t, records)
	for _, c := range nodeCases() {
		if !good[c.name] && len(good) == len(nodeCases()) {
			t.Errorf("%s: no result", c.name)
		}
	}
}

func runNodeCases(t *testing.T) {
	all := nodeCases()
	n := 0
	for _, c := range all {
		if isChosen(nodesCard + "/" + c.name) {
			n++
		}
	}
	printSteps(n)
	for _, c := range all {
		t.Run(nodesCard+"/"+c.name, func(t *testing.T) {
			b := &bench{T: t, name: c.name}
			b.card.ID, b.card.Lab = nodesCard, true
			defer step(nodesCard, c.name)()
			defer b.report()
			c.run(b)
		})
	}
}

// The C programs in the machine.
const (
	nodesProgram    = "nodes"
	sunNodesProgram = "sunnodes"
	loadProgram     = "nodeload"
	narrow          = "32" // behind the name of one for 32 bits
)

// buildNodes builds them, without libraries.
func buildNodes(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	dir := t.TempDir()
	if plugin, err := buildPlugin(dir); err == nil {
		files[pluginFile] = plugin
	}
	for _, name := range []string{nodesProgram, sunNodesProgram, loadProgram} {
		files[name] = filepath.Join(dir, name)
		args := []string{"-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-result", "-static", "-o", files[name], "testdata/" + name + ".c"}
		if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
	}
	for _, name := range []string{nodesProgram, sunNodesProgram} { // as 32-bit programs, where such can be built
		to := filepath.Join(dir, name+narrow)
		if exec.Command("gcc", "-m32", "-std=gnu11", "-O1", "-w", "-static", "-o", to, "testdata/"+name+".c").Run() == nil {
			files[name+narrow] = to
		}
	}
	return files
}
