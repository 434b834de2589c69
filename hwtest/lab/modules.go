package lab

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// drivers are the kernel modules below a directory, by name. What a module needs is
// written in itself, so no index of the kernel's package has to be made.
type drivers struct {
	dir   string
	files map[string]string // "snd_pcm": path below dir
}

// findDrivers lists all modules below a directory.
func findDrivers(dir string) (drivers, error) {
	d := drivers{dir, map[string]string{}}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".ko") {
			d.files[moduleName(path)] = path
		}
		return err
	})
	return d, err
}

// moduleName is the kernel's name of a module: dashes and underscores are the same.
func moduleName(path string) string {
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(path), ".ko"), "-", "_")
}

// order lists the files of modules and of all that they need, each after what it needs.
// A module of the wanted order comes before those wanted after it.
func (d drivers) order(wanted []string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	var add func(name, by string) error
	add = func(name, by string) error {
		name = moduleName(name)
		if seen[name] {
			return nil
		}
		seen[name] = true
		file, ok := d.files[name]
		if !ok {
			return fmt.Errorf("the kernel in %s has no module %s, which %s needs", d.dir, name, by)
		}
		needs, err := moduleNeeds(file)
		if err != nil {
			return err
		}
		for _, n := range needs {
			if err := add(n, name); err != nil {
				return err
			}
		}
		files = append(files, file)
		return nil
	}
	for _, name := range wanted {
		if err := add(name, "the laboratory"); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// moduleNeeds reads "depends=a,b" in the .modinfo section of a module.
func moduleNeeds(file string) ([]string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s is no kernel module: %w", file, err)
	}
	defer f.Close()
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("%s is no kernel module: it has no .modinfo", file)
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for field := range bytes.SplitSeq(info, []byte{0}) {
		if list, ok := strings.CutPrefix(string(field), "depends="); ok {
			return strings.FieldsFunc(list, func(r rune) bool { return r == ',' }), nil
		}
	}
	return nil, nil
}
