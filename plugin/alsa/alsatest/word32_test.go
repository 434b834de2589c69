package alsatest_test

import (
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// word32 are flags of gcc; releases before 11 aligned atomics otherwise, of which it informs.
func word32() []string { return []string{"-m32", "-Wno-psabi"} }

// agent32 is the agent as a 32-bit program, with a plugin of that kind beside it. It skips
// the test where none can be built.
func agent32(t *testing.T) string {
	t.Helper()
	agentProgram(t) // builds the plugin, or skips
	dir, err := build32()
	if err != nil {
		probe := filepath.Join(t.TempDir(), "probe.c")
		if e := os.WriteFile(probe, []byte("#include <alsa/asoundlib.h>\nint main(void) { return !snd_asoundlib_version(); }\n"), 0o600); e != nil {
			t.Fatal(e)
		}
		if compile("-m32", "-o", strings.TrimSuffix(probe, ".c"), probe, "-lasound") != nil {
			t.Skip("not tested: the plugin in 32-bit programs, which cannot be built; .ci/deps 32bit installs what that needs")
		}
		t.Fatal(err)
	}
	return filepath.Join(dir, "agent")
}

var build32 = sync.OnceValues(func() (string, error) {
	dir, err := buildPlugin(word32()...)
	if err != nil {
		return "", err
	}
	return dir, compileAgent(dir, word32()...)
})

func TestLayoutIn32Bits(t *testing.T) {
	agent32(t) // skips
	compareLayouts(t, word32()...)
}

func TestConformanceIn32Bits(t *testing.T) {
	if testing.Short() {
		t.Skip("not tested: the suite of loops through 32-bit programs; it takes as long as that through the others")
	}
	agent32(t) // skips
	conform(t, agent32)
}

// TestNumberedFramesBetween32And64Bits carries ten seconds, of which frame i holds i.
func TestNumberedFramesBetween32And64Bits(t *testing.T) {
	agent32(t) // skips
	type programs struct{ writer, reader func(*testing.T) string }
	const frames, block = 480000, 441
	f := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.S32LE}
	for name, p := range map[string]programs{"32 to 64": {agent32, agentProgram}, "64 to 32": {agentProgram, agent32}, "32 to 32": {agent32, agent32}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, followsTheWork, loop.Spec{Name: "loop0"})
			open := func(program, device string, capture bool) *agent {
				a, err := startAgent(t, program, r.socket)
				if err == nil {
					_, err = a.ask(t.Context(), opOpen, []byte(device), flag(capture), flag(capture), 0)
				}
				if err == nil {
					_, err = a.ask(t.Context(), opParams, nil, alsaFormat(f.Encoding), f.Rate, f.Channels, 48, 4800)
				}
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			reader := open(p.reader(t), "loopbridge:loop0,server", true)
			got, failed := make(chan []byte, 1), make(chan error, 1)
			go func() {
				var all []byte
				for len(all) < frames*f.FrameBytes() {
					a, err := reader.ask(context.Background(), opRead, nil, block)
					if err != nil {
						failed <- err
						break
					}
					all = append(all, a.frames...)
				}
				got <- all
			}()
			r.serverArmed("loop0")
			writer := open(p.writer(t), "loopbridge:loop0", false)
			all := make([]byte, frames*f.FrameBytes())
			for i := range frames {
				binary.LittleEndian.PutUint32(all[4*i:], uint32(i))
			}
			for rest := all; len(rest) > 0; {
				a, err := writer.ask(t.Context(), opWrite, rest[:min(len(rest), block*f.FrameBytes())], min(len(rest)/f.FrameBytes(), block))
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[a.result*f.FrameBytes():]
			}
			if _, err := writer.ask(t.Context(), opClose, nil, 1); err != nil {
				t.Error(err)
			}
			read := <-got
			r.same(read[:min(len(read), len(all))], all, f)
			if len(failed) > 0 {
				t.Errorf("a read ended with %v", <-failed)
			}
			t.Logf("%d frames, %d xruns", len(read)/f.FrameBytes(), r.status("loop0").Server.Xruns)
		})
	}
}

// TestInstallPlugin installs into a folder: programs of each word size find their library by
// a name without a path, and uninstall leaves nothing, also of earlier releases.
func TestInstallPlugin(t *testing.T) {
	r := newRig(t, inRealTime)
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("not tested: make install-plugin; there is no make")
	}
	dest := r.file("dest")
	run := func(target string) {
		t.Helper()
		make := exec.Command("make", "-C", "../../..", target, "DESTDIR="+dest, "GO=true")
		if out, err := make.CombinedOutput(); err != nil {
			t.Fatalf("make %s: %v\n%s", target, err, out)
		}
	}
	installed := func() (files []string) {
		_ = filepath.WalkDir(dest, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files = append(files, path)
			}
			return err
		})
		return files
	}
	earlier := filepath.Join(dest, "usr/local/lib/alsa-lib")
	old := func(dir string) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"libasound_module_pcm_loopbridge.so", "libasound_module_ctl_loopbridge.so"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	old(earlier)
	run("install-plugin")
	var conf, library string
	for _, path := range installed() {
		switch {
		case strings.HasPrefix(path, earlier):
			t.Errorf("%s is still there", path)
		case filepath.Base(path) == "50-loopbridge.conf":
			conf = path
		case filepath.Base(path) == "libasound_module_pcm_loopbridge.so" && !strings.Contains(path, "i386"):
			library = path
		}
	}
	text, err := os.ReadFile(conf)
	if err != nil || library == "" {
		t.Fatalf("there is only %v: %v", installed(), err)
	}
	r.write("alsa.conf", append(r.basics(), text...))
	p := r.start("env", "ALSA_CONFIG_PATH="+r.file("alsa.conf"), "ALSA_PLUGIN_DIR="+filepath.Dir(library), "aplay", "-q", "-f", "cd", "-D", "loopbridge:loop0", os.DevNull)
	p.wait(r).said(r, "loop0: no server holds the loop")
	old(earlier)
	old(filepath.Join(dest, "usr/lib/sparc64-linux-gnu/alsa-lib"))
	run("uninstall")
	if left := installed(); len(left) > 0 {
		t.Errorf("uninstall leaves %v", left)
	}
}

// basics is what alsa-lib brings along.
func (r *rig) basics() []byte {
	r.Helper()
	agent := agentProgram(r.T)
	all, err := os.ReadFile(filepath.Join(filepath.Dir(agent), "alsa.conf"))
	if err != nil {
		r.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(filepath.Dir(agent), definitions))
	if err != nil {
		r.Fatal(err)
	}
	return all[:len(all)-len(own)]
}

// TestInstallBringsUpToDate: a library for 32-bit programs that is older than its source is not
// installed as it is.
func TestInstallBringsUpToDate(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("not tested: that make install-plugin brings libraries up to date; there is no make")
	}
	dir := t.TempDir()
	for _, name := range []string{"Makefile", "VERSION", "plugin"} {
		path, err := filepath.Abs("../../../" + name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin/32"), 0o755); err != nil {
		t.Fatal(err)
	}
	// The version that the libraries were built with is kept beside them.
	if out, err := exec.Command("make", "-C", dir, "version").CombinedOutput(); err != nil {
		t.Fatalf("make version: %v\n%s", err, out)
	}
	for _, name := range []string{"bin/libasound_module_pcm_loopbridge.so", "bin/libasound_module_ctl_loopbridge.so",
		"bin/32/libasound_module_pcm_loopbridge.so", "bin/32/libasound_module_ctl_loopbridge.so"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for source, want := range map[string]int{"plugin/alsa/pcm.c": 1, "plugin/alsa/conn.c": 2, "bin/version": 2, "README.md": 0} {
		out, err := exec.Command("make", "-C", dir, "-n", "-W", source, "install-plugin", "ALSALIB=/a", "ALSALIB32=/b").CombinedOutput()
		if got := strings.Count(string(out), " -m32 "); err != nil || got != want {
			t.Errorf("with another %s make would build %d libraries for 32-bit programs, want %d: %v\n%s", source, got, want, err, out)
		}
	}
}
