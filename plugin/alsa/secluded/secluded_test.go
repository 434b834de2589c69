package secluded

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingOfTheMachineIsFound: a machine where all is broken that can be configured without
// being root. What is in /etc is read by the same hooks.
func TestNothingOfTheMachineIsFound(t *testing.T) {
	if _, err := exec.LookPath("aplay"); err != nil {
		t.Skip("not tested: whether the configuration of this machine is kept out of tests; there is no aplay")
	}
	home, dir := t.TempDir(), t.TempDir()
	const broken = `
		pcm_type.null { lib "/nonexistent/libasound_module_pcm_null.so" }
		pcm.of_the_machine { type null hint { show on description "of the machine" } }
		defaults.namehint.basic { nonsense on }`
	if err := os.MkdirAll(filepath.Join(home, "alsa"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".asoundrc", "alsa/asoundrc", "all.conf"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME"} {
		t.Setenv(name, home)
	}
	for _, name := range []string{ConfigVariable, Already, "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "STATE_DIRECTORY"} { // put back after the test
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
	list := func() string {
		out, err := exec.Command("aplay", "-L").CombinedOutput()
		if err != nil {
			t.Logf("aplay -L: %v", err)
		}
		return string(out)
	}
	if all := list(); strings.Contains(all, "null\n    Discard") {
		t.Fatalf("nothing is broken: %s", all)
	}
	t.Setenv(ConfigVariable, filepath.Join(home, "all.conf"))
	t.Setenv("ALSA_PLUGIN_DIR", home)
	t.Setenv("LOOPBRIDGE_LOOP", "of the machine")
	t.Setenv("LOOPBRIDGE_TEST_OF_OURS", "stays")
	if err := seclude(dir); err != nil {
		t.Fatal(err)
	}
	if all := list(); !strings.Contains(all, "null\n    Discard") || strings.Contains(all, "of the machine") {
		t.Errorf("aplay -L: %s", all)
	}
	if out, err := exec.Command("aplay", "-q", "-D", "null", "-t", "raw", os.DevNull).CombinedOutput(); err != nil {
		t.Errorf("aplay: %v: %s", err, out)
	}
	for name, want := range map[string]string{"ALSA_PLUGIN_DIR": "", "LOOPBRIDGE_LOOP": "", "LOOPBRIDGE_TEST_OF_OURS": "stays"} {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestConfigHasWhatIsAdded, hooks too.
func TestConfigHasWhatIsAdded(t *testing.T) {
	const text = "pcm.ours { type null }\n@hooks [\n\t{ func load files [ \"/nonexistent\" ] errors false }\n]\n"
	path, err := Config(t.TempDir(), text)
	if err != nil {
		t.Fatal(err)
	}
	if conf, err := os.ReadFile(path); err != nil || !strings.HasSuffix(string(conf), text) || strings.Count(string(conf), "\n@hooks") != 1 {
		t.Errorf("%v: %s", err, conf)
	}
}
