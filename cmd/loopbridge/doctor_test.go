package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// diagnosis is what "doctor --json" prints.
type diagnosis struct {
	Faults, Warnings int
	Findings         []struct{ Group, Check, Level, Text, Remedy string }
}

// diagnose runs the doctor. What it finds on this machine is not known, so its status is compared with its words only.
func diagnose(t *testing.T, args ...string) (d diagnosis) {
	t.Helper()
	o := cliRun(t, nil, append([]string{"doctor", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(o.stdout), &d); err != nil {
		t.Fatalf("%v: %s %s", err, o.stdout, o.stderr)
	}
	if d.Faults > 0 {
		o.want(t, exitFailed, "sound")
	} else {
		o.want(t, exitOK)
	}
	return d
}

// says fails the test unless the check has a finding with a level and words.
func (d diagnosis) says(t *testing.T, check, level, words string) {
	t.Helper()
	for _, f := range d.Findings {
		if f.Group+"/"+f.Check == check && f.Level == level && strings.Contains(f.Text, words) {
			return
		}
	}
	t.Errorf("no %s of %s with %q: %+v", level, check, words, d.Findings)
}

func TestDoctor(t *testing.T) {
	socket := testDaemon(t)
	d := diagnose(t, "--socket", socket)
	d.says(t, "daemon/reach", "ok", "the daemon on "+socket+" answers")
	d.says(t, "daemon/devices", "ok", "1 of 1 devices")
	d.says(t, "daemon/loops", "ok", "4 loops")
	if d.Findings[0].Group != "daemon" {
		t.Errorf("it begins with %+v", d.Findings[0])
	}
}

func TestDoctorWithoutDaemon(t *testing.T) {
	nowhere := filepath.Join(trial.TempDir(t), "s")
	d := diagnose(t, "--socket", nowhere)
	// What it says and advises depends on whether other daemons run on this machine.
	said := "no daemon on "
	if strings.Contains(d.Findings[0].Text, "no daemon answers on ") {
		said = "no daemon answers on "
	}
	d.says(t, "daemon/reach", "fault", said+nowhere)
	o := cliRun(t, nil, "doctor", "--socket", nowhere)
	o.want(t, exitFailed, "sound")
	if !strings.HasPrefix(o.stdout, "daemon\n  fault    "+said) || !strings.Contains(o.stdout, "\n           $ ") || strings.Contains(o.stdout, "\x1b") {
		t.Errorf("%s", o.stdout)
	}
}

func TestDoctorChecksConfiguration(t *testing.T) {
	bad := filepath.Join(trial.TempDir(t), "bad.toml")
	if err := os.WriteFile(bad, []byte("[daemon]\nlog = \"loud\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	diagnose(t, "--socket", testDaemon(t), "--config", bad).says(t, "configuration/file", "fault", bad+":2:7")
}

// The real program: a daemon with a version, a program of another release.
func TestDoctorComparesVersions(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	serve(t, socket, "--config", "../../configs/loopbridge.toml", "--socket", socket)
	d := diagnose(t, "--socket", socket)
	d.says(t, "daemon/versions", "warning", "the daemon is tested and this program")
	d.says(t, "configuration/file", "ok", "configs/loopbridge.toml is valid")
	o := start(t, socket, "doctor", "--json").wait(t)
	if err := json.Unmarshal([]byte(o.stdout), &d); err != nil {
		t.Fatal(err)
	}
	d.says(t, "daemon/versions", "ok", "daemon and command are tested")
}

func TestDoctorBundle(t *testing.T) {
	dir := trial.TempDir(t)
	file, log := filepath.Join(dir, "report.tar.gz"), filepath.Join(dir, "log")
	if err := os.WriteFile(log, []byte("first line\nof 192.168.17.23\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"doctor", "--socket", testDaemon(t), "--bundle", file, "--log", log}
	o := cliRun(t, nil, args...)
	o.want(t, exitOK)
	for _, words := range []string{"doctor.txt", "daemon/loops.json", "cards.json", "log.txt", "replaced: 1 address", "tar -xzOf " + file + " | less"} {
		if !strings.Contains(o.stdout, words) {
			t.Errorf("no %q in %s", words, o.stdout)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	names := tarNames(t, file)
	for _, name := range []string{"README.txt", "doctor.json", "version.json", "log.txt"} {
		if !slices.Contains(names, "loopbridge-report/"+name) {
			t.Errorf("no %s in %v", name, names)
		}
	}
	cliRun(t, nil, args...).want(t, exitFailed, "is there already")
	cliRun(t, nil, "doctor", "--log", log).want(t, exitUsage, "--log is for --bundle")
	cliRun(t, nil, "doctor", "--bundle", filepath.Join(dir, "none", "x")).want(t, exitFailed, "cannot write")
	cliRun(t, nil, "doctor", "--bundle", filepath.Join(dir, "x"), "--log", dir).want(t, exitFailed, "is a folder")
}

// tarNames returns the names in a bundle.
func tarNames(t *testing.T, file string) (names []string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
}

// A daemon that does not answer is a fault, and keeps the doctor no longer than its patience.
func TestDoctorOfASilentDaemon(t *testing.T) {
	for name, accepts := range map[string]bool{"accepts nobody": false, "never answers": true} {
		t.Run(name, func(t *testing.T) {
			socket := deaf(t, accepts)
			o := cliPatient(t, 50*time.Millisecond, "--socket", socket, "doctor")
			o.want(t, exitFailed, "sound")
			if !strings.HasPrefix(o.stdout, "daemon\n  fault    ") || !strings.Contains(o.stdout, "has not answered for 50ms") &&
				!strings.Contains(strings.Join(strings.Fields(o.stdout), " "), "no daemon answers on "+socket+"; ") { // if others run on this machine
				t.Errorf("%s", o.stdout)
			}
		})
	}
}
