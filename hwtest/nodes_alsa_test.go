package hwtest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
)

// pluginFile is the ALSA plugin in the machine.
const pluginFile = "libasound_module_pcm_loopbridge.so"

// pluginAt is where its source is.
const pluginAt = "../plugin/alsa/"

// buildPlugin builds it, for alsa-lib of the host, which the machine has too.
func buildPlugin(dir string) (path string, err error) {
	path = filepath.Join(dir, pluginFile)
	sources, _ := filepath.Glob(pluginAt + "*.c")
	args := append([]string{"-std=gnu11", "-O2", "-fPIC", "-DPIC", "-shared", "-o", path}, sources...)
	if out, err := exec.Command("gcc", append(args, "-lasound")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gcc: %w: %s", err, out)
	}
	return path, nil
}

// alsa is an ALSA program at an end of a loop of the daemon.
func (d *daemon) alsa(program string, args ...string) *exec.Cmd {
	d.b.Helper()
	text, err := os.ReadFile(pluginAt + "50-loopbridge.conf")
	if err != nil {
		d.b.Fatalf("%v", err)
	}
	config, err := secluded.Config(d.b.TempDir(), strings.ReplaceAll(string(text), `"`+pluginFile+`"`, `"`+filepath.Join(plan.Home, pluginFile)+`"`))
	if err != nil {
		d.b.Fatalf("%v", err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(d.env, secluded.ConfigVariable+"="+config)
	return cmd
}

// meetsALSA: a program at a node, an ALSA program at the other end, in both directions, bit for bit.
func meetsALSA(b *bench) {
	if _, err := os.Stat(filepath.Join(plan.Home, pluginFile)); err != nil {
		b.say("the ALSA plugin was not built (Debian: libasound2-dev)")
		return
	}
	d := b.nodes(nodeConfig, nodesAt+"loop0.server", nodesAt+"loop1")
	sent := hear.Count(1, 49152) // in blocks of 8192 bytes, as SoX goes beyond its memory when the last one is not whole
	file := filepath.Join(b.TempDir(), "numbered.raw")
	if err := os.WriteFile(file, sent, 0o644); err != nil {
		b.Fatalf("%v", err)
	}
	got := d.reads("loop0", func() {
		if out, err := d.alsa("aplay", "-q", "-D", "loopbridge:loop0", "-t", "raw", "-f", "dat", file).CombinedOutput(); err != nil {
			b.Errorf("aplay: %v %s", err, out)
		}
	})
	b.comes("aplay to cat at a node", sent, got)

	if !soxHasOSS() {
		b.say("sox has no format oss (Debian: libsox-fmt-oss)")
		return
	}
	var heard bytes.Buffer
	recorder := d.alsa("arecord", "-q", "-D", "loopbridge:loop1,server", "-t", "raw", "-f", "dat",
		"--period-size=512", "--buffer-size=8192") // it writes whole periods alone
	recorder.Stdout = &heard
	if err := recorder.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	d.until("has a server", func() bool { s, _ := d.held("loop1"); return s != nil })
	player := exec.Command("sox", "-D", "-q", "-t", "raw", "-r", "48000", "-e", "signed", "-b", "16", "-c", "2", file, "-t", "oss", nodesAt+"loop1")
	if out, err := player.CombinedOutput(); err != nil {
		b.Errorf("sox: %v %s", err, out)
	}
	recorder.Wait() // it is told that the stream has ended
	b.comes("sox at a node to arecord", sent, heard.Bytes())
}

// comes checks that all that was sent has come, and behind it silence at most.
func (b *bench) comes(what string, sent, got []byte) {
	b.Helper()
	if !bytes.HasPrefix(got, sent) || len(bytes.Trim(got[len(sent):], "\x00")) > 0 {
		b.Errorf("%s: %d bytes came of %d, or others", what, len(got), len(sent))
		return
	}
	b.say("%s: %d frames bit for bit", what, len(sent)/4)
}

// mixesByAumix: Debian's aumix shows the volumes of a device, and sets them.
func mixesByAumix(b *bench) {
	if _, err := exec.LookPath("aumix"); err != nil {
		b.say("aumix is missing (Debian: aumix)")
		return
	}
	d := b.nodes(strings.Replace(sunConfig, "audio =", "mixer = \"main\"\naudio =", 1), nodesAt+"main.mixer", "/dev/mixer")
	d.until("runs on the card", func() bool { return d.runsOn() == "id:Loopback" })
	for _, args := range [][]string{{"-v", "40"}, {"-d", nodesAt + "main.mixer", "-i", "60"}} {
		if out, err := exec.Command("aumix", args...).CombinedOutput(); err != nil {
			b.Errorf("aumix %q: %v %s", args, err, out)
		}
	}
	out, err := d.program("info", "main", "play.gain", "record.gain").Output()
	if fields := strings.Fields(string(out)); err != nil || !strings.Contains(string(out), "102") || !strings.Contains(string(out), "153") {
		b.Errorf("gains are %q: %v", fields, err)
	}
	said, err := exec.Command("aumix", "-q").CombinedOutput()
	for _, line := range []string{"vol 40, 40", "pcm 40, 40", "igain 60, 60"} {
		if err != nil || !strings.Contains(string(said), line) {
			b.Errorf("aumix -q says %q, without %q: %v", said, line, err)
		}
	}
	b.say("aumix -v 40 and -i 60 set gains 102 and 153 and -q shows them: %q", strings.Fields(string(said)))
}
