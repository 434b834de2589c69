// Package secluded hides what is installed or configured on a machine from tests that use
// alsa-lib, directly or in programs that they start: an installed release of this plugin, the
// user's sound setup, a running daemon. TestMain calls [Run]; a test that needs something in
// alsa-lib's configuration writes it with [Config]. Only tests use it.
//
//	Run        changes the environment of the process: TestMain calls it first
//	Config     writes a file, from any goroutine
package secluded

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ConfigVariable names alsa-lib's files in place of the default ones.
const ConfigVariable = "ALSA_CONFIG_PATH"

// Already marks the environment of programs started by a secluded process, or on a machine
// that has nothing to hide.
const Already = "LOOPBRIDGE_TEST_SECLUDED"

// basics comes with alsa-lib and defines what works everywhere, such as "hw" and "plug".
const basics = "/usr/share/alsa/alsa.conf"

// Run runs the tests and returns their exit status. The tests and the programs that they start
// see no sound setup of this machine.
func Run(m interface{ Run() int }) (status int) {
	if os.Getenv(Already) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "lb")
	if err == nil {
		defer os.RemoveAll(dir)
		err = seclude(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// seclude changes the environment. dir must exist while the tests run.
func seclude(dir string) error {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "ALSA_") || slices.Contains([]string{"LOOPBRIDGE_SOCKET", "LOOPBRIDGE_LOOP",
			"LOOPBRIDGE_NOT_FOR"}, name) {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	config, err := Config(dir, "")
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		Already:           "1",
		ConfigVariable:    config,
		"XDG_RUNTIME_DIR": dir, // would hold a session's daemon
		"XDG_STATE_HOME":  dir, // would hold a daemon's state
		"STATE_DIRECTORY": dir,
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// Config writes alsa.conf into dir and returns its path. It holds alsa-lib's own configuration
// without the hooks that read this machine's, followed by text.
func Config(dir, text string) (path string, err error) {
	conf, err := os.ReadFile(basics)
	if err != nil && !os.IsNotExist(err) { // without alsa-lib no program reads it
		return "", err
	}
	path = filepath.Join(dir, "alsa.conf")
	return path, os.WriteFile(path, []byte(withoutHooks(string(conf))+text), 0o644)
}

// withoutHooks drops the blocks from "@hooks [" to the bracket, both at the left margin: the
// hooks of the whole configuration. Others are read on demand.
func withoutHooks(conf string) string {
	before, rest, found := strings.Cut("\n"+conf, "\n@hooks [\n")
	if !found {
		return conf
	}
	_, after, _ := strings.Cut(rest, "\n]\n")
	return before + "\n" + withoutHooks(after)
}
