package lab

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

const guestPackage = "github.com/loopbridge/loopbridge/hwtest/lab/guest"

// BuildTest compiles the tests of a package for the machine, as one static file. The
// working directory must be in the module.
func BuildTest(ctx context.Context, pkg, file string) error {
	return compile(ctx, "test", "-c", "-o", file, pkg)
}

// BuildProgram compiles a command likewise.
func BuildProgram(ctx context.Context, pkg, file string) error {
	return compile(ctx, "build", "-trimpath", "-o", file, pkg)
}

func compile(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// modules of the machine itself: the ports and the directories of the host.
func baseModules() []module {
	return []module{{"virtio_pci", ""}, {"virtio_console", ""}, {"9p", ""}, {"9pnet_virtio", ""}}
}

// soundModules are wanted by tests whatever cards there are.
func soundModules() []module {
	return []module{{"snd-pcm-oss", ""}, {"snd-hrtimer", ""}}
}

// writeInitrd makes the initial RAM disk: the first process, its plan and the drivers, in
// the order in which they are to be inserted.
func writeInitrd(ctx context.Context, file string, k Kernel, wanted []module, p plan.Plan) error {
	guest := filepath.Join(filepath.Dir(file), "init")
	if err := compile(ctx, "build", "-trimpath", "-ldflags", "-s -w", "-o", guest, guestPackage); err != nil {
		return err
	}
	first, err := os.ReadFile(guest)
	if err != nil {
		return err
	}
	available, err := findDrivers(filepath.Join(k.Dir, "modules"))
	if err != nil {
		return err
	}
	var names []string
	options := withOptions(wanted)
	for _, m := range wanted {
		names = append(names, m.name)
	}
	order, err := available.order(names)
	if err != nil {
		return err
	}

	var b bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // fails on unknown levels only
	a := archive{w: zip}
	for _, dir := range []string{"dev", "proc", "sys", "root", "plain", "modules"} {
		a.dir(dir)
	}
	a.file("init", first)
	for _, module := range order {
		image, err := os.ReadFile(module)
		if err != nil {
			return err
		}
		name := moduleName(module)
		a.file("modules/"+name+".ko", image)
		p.Modules = append(p.Modules, plan.Module{File: "/modules/" + name + ".ko", Options: options[name]})
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	a.file(plan.File[1:], text)
	if err := a.close(); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// withOptions are the names of drivers, as the kernel has them, and the options of each.
func withOptions(wanted []module) map[string]string {
	options := map[string]string{}
	for _, m := range wanted {
		options[moduleName(m.name)] = together(options[moduleName(m.name)], m.options)
	}
	return options
}

// together are the options of a driver for two cards, in the order in which it finds them:
// "index=0,4 id=HDA,Silence".
func together(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	var all []string
	for option := range strings.FieldsSeq(a) {
		name, _, _ := strings.Cut(option, "=")
		for other := range strings.FieldsSeq(b) {
			if value, ok := strings.CutPrefix(other, name+"="); ok && (name == "index" || name == "id") {
				option += "," + value
			}
		}
		all = append(all, option)
	}
	return strings.Join(all, " ")
}

// diskModules are those for the disk of a System.
func diskModules() []module {
	return []module{{"nfit", ""}, {"nd_pmem", ""}, {"crc32c_generic", ""}, {"ext4", ""}}
}

// forModprobe are drivers as modprobe wants them: a line for each that has options, and the names of those that no
// device in the machine asks for, because they are devices themselves.
func forModprobe(wanted []module) (options, load []string) {
	together := withOptions(wanted)
	for _, name := range slices.Sorted(maps.Keys(together)) {
		if together[name] != "" {
			options = append(options, "options "+name+" "+together[name])
		}
		if name == "snd_aloop" || name == "snd_dummy" {
			load = append(load, name)
		}
	}
	return options, load
}
