package lab

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The kernel reads the archive strictly by these offsets.
func TestArchive(t *testing.T) {
	var b bytes.Buffer
	a := archive{w: &b}
	a.dir("dev")
	a.file("init", []byte("#!none"))
	a.file("modules/x.ko", nil)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for p := b.Bytes(); len(p) > 0; {
		var mode, size, name int
		fmt.Sscanf(string(p[14:22]), "%x", &mode)
		fmt.Sscanf(string(p[54:62]), "%x", &size)
		fmt.Sscanf(string(p[94:102]), "%x", &name)
		if string(p[:6]) != "070701" || name < 2 || p[110+name-1] != 0 {
			t.Fatalf("after %v: header %q", got, p[:110])
		}
		body := (110 + name + 3) &^ 3
		got = append(got, fmt.Sprintf("%s %o %q", p[110:110+name-1], mode, p[body:body+size]))
		p = p[(body+size+3)&^3:]
	}
	want := []string{`dev 40755 ""`, `init 100755 "#!none"`, `modules/x.ko 100755 ""`, `TRAILER!!! 0 ""`}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWhatIsKeptOfAKernel(t *testing.T) {
	for from, want := range map[string]string{
		"boot/vmlinuz-6.1.0-9-amd64":                                 "vmlinuz",
		"lib/modules/6.1.0-9-amd64/kernel/sound/core/snd.ko":         "modules/sound/core/snd.ko",
		"usr/lib/modules/6.12.1-amd64/kernel/sound/core/snd.ko.xz":   "modules/sound/core/snd.ko.xz",
		"lib/modules/6.1.0-9-amd64/kernel/drivers/gpu/drm/i915.ko":   "",
		"lib/modules/6.1.0-9-amd64/kernel/sound/../../../../evil.ko": "",
		"boot/System.map-6.1.0-9-amd64":                              "",
	} {
		if got, ok := keptName(from); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %t", from, got, ok)
		}
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"./boot/vmlinuz-1", "./lib/modules/1/kernel/lib/a.ko", "./etc/passwd"} {
		w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: 3, Mode: 0o644})
		w.Write([]byte("abc"))
	}
	w.Close()
	dir := t.TempDir()
	list, err := keep(tar.NewReader(&b), dir)
	if err != nil || !slices.Equal(list, []string{"vmlinuz", "modules/lib/a.ko"}) {
		t.Fatalf("%q, %v", list, err)
	}

	if (Kernel{Dir: dir}).complete() {
		t.Error("complete without its list")
	}
	if err := seal(dir, list); err != nil || !(Kernel{Dir: dir}).complete() {
		t.Errorf("not complete (%v)", err)
	}
	if err := os.Truncate(filepath.Join(dir, "modules/lib/a.ko"), 2); err != nil || (Kernel{Dir: dir}).complete() {
		t.Errorf("complete with a file that is cut off (%v)", err)
	}
	os.Remove(filepath.Join(dir, "modules/lib/a.ko"))
	if (Kernel{Dir: dir}).complete() {
		t.Error("complete without a file")
	}
}

// Drivers that are wanted first come first, and each after what it needs.
func TestOrderOfDrivers(t *testing.T) {
	if testing.Short() {
		t.Skip("a kernel may have to be downloaded, which takes too long for -short")
	}
	k, err := FetchKernel(t.Context(), os.Getenv(KernelVariable), func(why string) { t.Log(why) })
	if err != nil {
		t.Skipf("there is no kernel whose drivers could be put in order: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	d, err := findDrivers(filepath.Join(k.Dir, "modules"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := d.order([]string{"snd-hda-codec-generic", "snd-hda-intel", "snd_hda_intel"})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, file := range files {
		if _, twice := at[moduleName(file)]; twice {
			t.Errorf("%s comes twice", file)
		}
		at[moduleName(file)] = i + 1
	}
	for _, pair := range [][2]string{{"snd", "snd_pcm"}, {"snd_pcm", "snd_hda_codec"}, {"snd_hda_codec_generic", "snd_hda_intel"}} {
		if at[pair[0]] == 0 || at[pair[0]] > at[pair[1]] {
			t.Errorf("%s does not come before %s: %v", pair[0], pair[1], files)
		}
	}
	if _, err := d.order([]string{"snd-no-such"}); err == nil || !strings.Contains(err.Error(), "snd_no_such") {
		t.Errorf("a driver that there is not: %v", err)
	}
}
