package alsatest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/loop"
)

// Checkers of memory watch whole programs: the plugin, alsa-lib, and both ends of a
// loop. Each is first shown a fault that it has to find.

const valgrindFlags = "--error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --num-callers=30"

func TestValgrind(t *testing.T) {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		t.Skip("not tested: the plugin's use of memory under valgrind, which is missing")
	}
	safety := plainBuild.program(t, "safety")
	run := func(t *testing.T, name string) (string, error) {
		args := append(strings.Fields(valgrindFlags), safety, name)
		return newCrank(t, loop.Spec{}).try(valgrind, args, configBeside(safety))
	}
	for _, fault := range []string{"something_is_left_behind", "something_is_overrun"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if said, err := run(t, fault); err == nil {
				t.Fatalf("valgrind does not see it:\n%s", said)
			} else if strings.Contains(said, "Fatal error at startup") {
				t.Skipf("not tested: the plugin's use of memory under valgrind, which does not start:\n%s", said)
			}
		})
	}
	t.Run("whole_session", func(t *testing.T) {
		t.Parallel()
		said, err := run(t, "whole_session")
		if err != nil {
			if strings.Contains(said, "Fatal error at startup") {
				t.Skip("not tested: the plugin's use of memory under valgrind, which does not start (libc6-dbg?)")
			}
			t.Fatalf("%v\n%s", err, said)
		}
		t.Log(summary(said))
	})
}

// summary is what valgrind says at the end, without the lines before it.
func summary(said string) string {
	if at := strings.Index(said, "HEAP SUMMARY"); at >= 0 {
		said = said[strings.LastIndexByte(said[:at], '\n')+1:]
	}
	return regexp.MustCompile(`(?m)^==\d+== ?`).ReplaceAllString(said, "")
}

// sanitized has plugin and programs with AddressSanitizer and UBSan, which end a program
// at the first fault.
var sanitizerFlags = []string{"-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"}

var sanitized = newCBuild(func() (string, error) { return buildPlugin(sanitizerFlags...) }, sanitizerFlags...)

func TestAddressSanitizer(t *testing.T) {
	plainBuild.program(t, "safety") // skips without a compiler
	if !sanitizes(t) {
		t.Skip("not tested: the plugin under AddressSanitizer and UBSan; gcc has no libasan or libubsan")
	}
	run := func(t *testing.T, program, name string) (string, error) {
		said, err := newCrank(t, loop.Spec{}).try(sanitized.program(t, program), []string{name})
		if strings.Contains(said, noLeakSanitizer) {
			t.Log("leaks are not looked for: LeakSanitizer cannot trace the program here")
			return newCrank(t, loop.Spec{}).try(sanitized.program(t, program), []string{name}, "ASAN_OPTIONS=detect_leaks=0")
		}
		return said, err
	}
	t.Run("something_is_overrun", func(t *testing.T) {
		t.Parallel()
		if said, err := run(t, "safety", "something_is_overrun"); err == nil || !strings.Contains(said, "heap-buffer-overflow") {
			t.Fatalf("the sanitizer does not see it: %v\n%s", err, said)
		}
	})
	t.Run("something_is_left_behind", func(t *testing.T) {
		t.Parallel()
		said, err := newCrank(t, loop.Spec{}).try(sanitized.program(t, "safety"), []string{"something_is_left_behind"})
		if strings.Contains(said, noLeakSanitizer) {
			t.Skip("not tested: leaks under LeakSanitizer, which cannot trace programs here")
		}
		if err == nil || !strings.Contains(said, "detected memory leaks") {
			t.Fatalf("the sanitizer does not see it: %v\n%s", err, said)
		}
	})
	clean := func(program, name string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if said, err := run(t, program, name); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
		})
	}
	clean("safety", "whole_session")
	clean("safety", "fork_leaves_the_stream_alone")
	for _, cases := range capiCases {
		for _, name := range cases {
			clean("capi", name)
		}
	}
}

// noLeakSanitizer is what it says where it may not trace a program.
const noLeakSanitizer = "LeakSanitizer has encountered a fatal error"

// sanitizes reports whether a program with the sanitizers can be built and runs.
func sanitizes(t *testing.T) bool {
	source, program := filepath.Join(t.TempDir(), "a.c"), filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(source, []byte("int main(void) { return 0; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return compile(append([]string{"-o", program, source}, sanitizerFlags...)...) == nil
}
