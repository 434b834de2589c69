package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// outcome is what a finished command left.
type outcome struct {
	status         int
	stdout, stderr string
}

// cliRun runs a command line in this process.
func cliRun(t *testing.T, stdin io.Reader, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Hang)
	defer cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, stdin, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

// background is cliRun at the same time as the rest of the test.
func background(t *testing.T, stdin io.Reader, args ...string) <-chan outcome {
	done := make(chan outcome, 1)
	go func() { done <- cliRun(t, stdin, args...) }()
	return done
}

// want checks how a command ended; words must be part of its standard error, which
// is empty where there are none.
func (o outcome) want(t *testing.T, status int, words ...string) {
	t.Helper()
	if o.status != status {
		t.Errorf("exit status %d, want %d; stderr: %s", o.status, status, o.stderr)
	}
	if len(words) == 0 && o.stderr != "" {
		t.Errorf("stderr is %q, want nothing", o.stderr)
	}
	for _, w := range words {
		if !strings.Contains(o.stderr, w) {
			t.Errorf("stderr is %q, want %q in it", o.stderr, w)
		}
	}
	if len(words) > 0 && strings.Count(o.stderr, "\n") != 1 {
		t.Errorf("stderr is %q, want one line", o.stderr)
	}
}

// testDaemon runs in this process, with four loops on a clock that follows the
// programs: nothing is dropped however slow the machine.
func testDaemon(t *testing.T, change ...func(*config.Config)) (socket string) {
	t.Helper()
	c := config.Default()
	c.Devices[0].Freewheel = true
	for _, f := range change {
		f(&c)
	}
	socket = filepath.Join(trial.TempDir(t), "s")
	d, err := daemon.Start(c, socket, zerolog.Nop(), daemon.Source{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return socket
}
