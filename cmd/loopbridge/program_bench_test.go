package main

import (
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/bench"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// TestBenchPairs looks at what was counted, not at how fast it was.
func TestBenchPairs(t *testing.T) {
	for _, format := range []string{"S16_LE", "U8"} {
		t.Run(format, func(t *testing.T) {
			p, dir := startBench(t, "pairs", "--pairs=2", "--duration=1s", "--format="+format, "--clients-per-process=1", "--sets=100", "--json")
			o := p.wait(t)
			o.want(t, exitOK)
			var r bench.PairsReport
			if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
				t.Fatal(err)
			}
			if r.Pairs != 2 || r.Processes != 4 || r.Duration < 1 || r.Moved == 0 || r.DaemonPerPair <= 0 || r.RSS == 0 || r.Sets == nil || r.Sets.Sets == 0 {
				t.Errorf("%+v", r)
			}
			if !r.OK || r.Corrupt != 0 || r.Doubled != 0 || r.LostUncounted != 0 || r.Lost > r.LostCounted {
				t.Errorf("frames are corrupt or lost: %+v", r)
			}
			leftNothing(t, dir)
		})
	}
}

func TestBenchIdle(t *testing.T) {
	p, dir := startBench(t, "idle", "--duration=100ms", "--json")
	o := p.wait(t)
	o.want(t, exitOK)
	var r bench.IdleReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil || r.Loops != 4 || r.RSS == 0 {
		t.Errorf("%v: %s", err, o.stdout)
	}
	leftNothing(t, dir)
}

func TestBenchReload(t *testing.T) {
	p, dir := startBench(t, "reload", "--loops=3", "--rounds=2", "--json")
	o := p.wait(t)
	o.want(t, exitOK)
	var r bench.ReloadReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil || r.Loops != 3 || r.Start <= 0 || r.Median <= 0 || r.Worst < r.Median {
		t.Errorf("%v: %s", err, o.stdout)
	}
	leftNothing(t, dir)
}

// TestBenchRTP looks at what was counted. Programs that have to wait for the processor may lose frames: what is lost on purpose is
// what the streams have to count.
func TestBenchRTP(t *testing.T) {
	p, dir := startBench(t, "rtp", "--streams=2", "--duration=1s", "--period=10ms", "--packet=5ms", "--buffer=8", "--latency=500ms", "--paths=2", "--loss=10", "--json",
		"--plot="+filepath.Join(t.TempDir(), "a.png"))
	o := p.wait(t)
	o.want(t, exitOK)
	var r bench.RTPReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Streams != 2 || r.Good == 0 || r.Sending.Percent <= 0 || r.Receiving.Percent <= 0 || r.P50 <= 0 || r.Packets < 100 || r.Harmed == 0 || r.Recovered == 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Clocks) != 3 {
		t.Fatalf("%d clocks", len(r.Clocks))
	}
	for _, c := range r.Clocks {
		if c.Within < 0 || c.PPM > 0.5 || c.Late != 0 || c.Restarts != 0 || c.Packets < 50_000 || c.Recovered < 5000 {
			t.Errorf("%+v", c)
		}
	}
	leftNothing(t, dir)
}

func TestBenchServo(t *testing.T) {
	dir := trial.TempDir(t)
	o := cliRun(t, nil, "bench", "servo", "--duration=3m", "--json", "--plot="+filepath.Join(dir, "a.png"))
	o.want(t, exitOK)
	var r bench.ServoReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil || len(r.Results) != 7*4 {
		t.Fatalf("%v: %s", err, o.stdout)
	}
	for _, e := range r.Results {
		good := e.Within1PPM >= 0 && e.Within1PPM <= 10 && e.PPM <= 0.5 && e.Xruns == 0
		if e.Controller == "loopbridge" && !good {
			t.Errorf("%+v", e)
		}
	}
	for _, name := range []string{"a-error.png", "a-ratio.png"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if _, err := png.DecodeConfig(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	short := []string{"bench", "servo", "--duration=3m", "--period=2048", "--latency=4096"}
	cliRun(t, nil, append(short, "--shape=gaussian")...).want(t, exitOK)
	cliRun(t, nil, append(short, "--plot=/nowhere/a.png")...).want(t, exitFailed, "/nowhere")
}

// TestBenchInterrupted: Ctrl-C in the middle ends all processes.
func TestBenchInterrupted(t *testing.T) {
	p, dir := startBench(t, "pairs", "--pairs=2", "--duration=1h")
	servertest.Until(t, "the processes start", func() bool { return len(children(p.Process.Pid)) >= 3 })
	pids := children(p.Process.Pid)
	p.signal(t, syscall.SIGINT)
	o := p.wait(t)
	o.want(t, exitFailed, "stopped")
	for _, pid := range pids {
		if _, err := os.Stat("/proc/" + pid); err == nil {
			t.Errorf("process %s is left", pid)
		}
	}
	leftNothing(t, dir)
}

func TestBenchRefusals(t *testing.T) {
	for args, words := range map[string]string{
		"pairs --pairs=0":             "at least one pair",
		"pairs --sets=-1":             "sets are 0 to",
		"pairs --period=1us":          "period",
		"pairs --buffer=1":            "buffer",
		"pairs --duration=0s":         "duration",
		"pairs --rate=1":              "rate",
		"pairs --format=MP3":          "MP3",
		"pairs --pairs=100000000":     "open files",
		"idle --loops=0":              "at least one loop",
		"reload --loops=0":            "at least one loop",
		"idle --duration=-1s":         "time",
		"pairs --clients-per-process": "clients-per-process",
		"servo --period=1":            "a period is 16 to 8192 frames",
		"servo --latency=1":           "128 to 480000 frames",
		"servo --jitter=1s":           "a jitter is 0 to 10ms",
		"servo --duration=1m":         "a run is 3m0s to 48h",
		"servo --shape=round":         "one-sided",
	} {
		cliRun(t, nil, append([]string{"bench"}, strings.Fields(args)...)...).want(t, exitUsage, words)
	}
	cliRun(t, strings.NewReader(""), "bench", "worker").want(t, exitFailed, "bench command only")
}

// startBench gives the bench a temporary directory of its own.
func startBench(t *testing.T, args ...string) (p *process, dir string) {
	t.Helper()
	dir = trial.TempDir(t)
	p = &process{
		Cmd:  exec.Command(program(t), append([]string{"bench"}, args...)...),
		name: strings.Join(args, " "), done: make(chan struct{}),
	}
	p.Env = append(os.Environ(), "TMPDIR="+dir)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.begin(t)
	return p, dir
}

func leftNothing(t *testing.T, dir string) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// children are the processes that a process has started and that still run.
func children(pid int) (pids []string) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, f := range files {
		text, _ := os.ReadFile(f)
		pids = append(pids, strings.Fields(string(text))...)
	}
	return pids
}
