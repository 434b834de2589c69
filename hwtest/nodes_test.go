package hwtest_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// nodeCases are those of device nodes, which need the kernel's CUSE.
func nodeCases() []cardless {
	return []cardless{
		{nodesCard, "cat to and from nodes", catsThroughNodes},
		{nodesCard, "edge cases of loops", walksLoops},
		{nodesCard, "state cases of audio(7I)", walksStates},
		{nodesCard, "monitor gain", monitorsByNode},
		{nodesCard, "balance, unity and clipping", levelsByNode},
		{nodesCard, "programs of OSS", playsOSS},
		{nodesCard, "ALSA at the other end", meetsALSA},
		{nodesCard, "aumix", mixesByAumix},
		{nodesCard, "programs that are killed", killsPrograms},
		{nodesCard, "ends of daemons and loops", endsDaemons},
		{nodesCard, "an upgrade under way", upgradesUnderWay},
		{nodesCard, "32 pairs", loadsPairs},
		{nodesCard, "the module is unloaded", losesModule}, // the last one
	}
}

// nodesCard is the subject of their lines in the report.
const nodesCard = "CUSE"

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
