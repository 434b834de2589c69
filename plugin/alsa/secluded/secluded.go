// Package secluded keeps what is installed or configured on a machine out of tests that use
// alsa-lib, be it in the test itself or in a program that it starts: a release of this plugin,
// the sound of whoever runs the tests, a daemon that serves them. There is one way for all:
// TestMain calls [Run], and whoever wants something in alsa-lib's configuration writes it with
// [Config]. Only tests use it.
//
//	Run        changes the environment of the process: TestMain calls it, before all else
//	Config     writes a file, from any goroutine
package secluded

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ConfigVariable names alsa-lib's files, in place of those that it would find itself.
const ConfigVariable = "ALSA_CONFIG_PATH"

// done marks programs that a secluded process starts: their environment is what it gave them.
const done = "LOOPBRIDGE_TEST_SECLUDED"

// basics is what alsa-lib brings along: all that has a meaning everywhere, such as "hw" and
// "plug".
const basics = "/usr/share/alsa/alsa.conf"

// Run runs the tests, and returns their exit status. They, and the programs that they start,
// find nothing of what is installed or configured on this machine for sound.
func Run(m interface{ Run() int }) (status int) {
	if os.Getenv(done) != "" {
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

// seclude changes the environment. dir has to exist as long as the tests run.
func seclude(dir string) error {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "ALSA_") || slices.Contains([]string{"LOOPBRIDGE_SOCKET", "LOOPBRIDGE_LOOP", "LOOPBRIDGE_NOT_FOR"}, name) {
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
		done:              "1",
		ConfigVariable:    config,
		"XDG_RUNTIME_DIR": dir, // of a daemon that serves a session
		"XDG_STATE_HOME":  dir, // what one has saved
		"STATE_DIRECTORY": dir,
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// Config writes alsa.conf into dir and returns its path: what alsa-lib brings along, but for
// the hooks that read what is configured on this machine, and then text.
func Config(dir, text string) (path string, err error) {
	conf, err := os.ReadFile(basics)
	if err != nil && !os.IsNotExist(err) { // without alsa-lib there is no program to read it
		return "", err
	}
	path = filepath.Join(dir, "alsa.conf")
	return path, os.WriteFile(path, []byte(withoutHooks(string(conf))+text), 0o644)
}

// withoutHooks leaves out what begins with "@hooks [" at the left margin, up to the bracket
// at the left margin: the hooks of the whole configuration. Others are read on demand.
func withoutHooks(conf string) string {
	before, rest, found := strings.Cut("\n"+conf, "\n@hooks [\n")
	if !found {
		return conf
	}
	_, after, _ := strings.Cut(rest, "\n]\n")
	return before + "\n" + withoutHooks(after)
}
