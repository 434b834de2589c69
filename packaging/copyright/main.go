// Command copyright prints who wrote what the daemon is linked from, and under which licences, in the format
// of debian/copyright. It fails on a licence that it does not know, and so keeps out the GPL.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

const program = "./cmd/loopbridge"

func main() {
	common := flag.String("common", "", "folder with the full texts of long licences, which are then left out")
	arch := flag.String("arch", runtime.GOARCH, "processor that the daemon is built for")
	flag.Parse()
	if err := run(os.Stdout, *arch, *common); err != nil {
		fmt.Fprintln(os.Stderr, "copyright:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, arch, common string) error {
	works, err := linked(arch)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	page.WriteString("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n" +
		"Upstream-Name: loopbridge\nSource: https://github.com/loopbridge/loopbridge\n")
	for _, work := range works {
		text, err := work.paragraph(common)
		if err != nil {
			return err
		}
		page.WriteString("\n" + text)
	}
	_, err = w.Write(page.Bytes())
	return err
}

// work is something with a licence of its own.
type work struct {
	files   string // a pattern of debian/copyright
	comment string
	dir     string
}

// linked returns this module first, then Go, then the modules in the program, by name, then what the tree carries.
func linked(arch string) ([]work, error) {
	list := exec.Command("go", "list", "-deps", "-json=Module", program)
	list.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -deps %s: %w", program, err)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	works := []work{{files: "*", dir: "."},
		{files: "go/*", comment: "The runtime and the library of Go, in /usr/bin/loopbridge.", dir: strings.TrimSpace(string(goroot))}}
	var modules []work
	for packages := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := packages.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if m := pkg.Module; m != nil && !m.Main {
			modules = append(modules, work{m.Path + "/*", "Version " + m.Version + ", in /usr/bin/loopbridge.", m.Dir})
		}
	}
	slices.SortFunc(modules, func(a, b work) int { return strings.Compare(a.files, b.files) })
	works = append(works, slices.Compact(modules)...)
	return append(works, carried()...), nil
}

// carried returns what others wrote that is in the tree and goes into the program.
func carried() []work {
	return []work{{"web/files/uplot/*", "uPlot 1.6.32, as published, in /usr/bin/loopbridge: it draws graphs in the page.", "web/files/uplot"}}
}

// licences are recognised by a sentence; the first that matches counts.
var licences = []struct {
	name, sentence string
	long           bool // too long for every copyright file
}{
	{"Apache-2.0", "Apache License Version 2.0", true},
	{"MPL-2.0", "Mozilla Public License Version 2.0", true},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy", false},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose", false},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose", false},
	{"BSD-3-clause", "endorse or promote products derived from this software", false},
	{"BSD-2-clause", "Redistribution and use in source and binary forms", false},
}

func (w work) paragraph(common string) (string, error) {
	text, err := w.read("LICEN[SC]E", "LICEN[SC]E.*", "COPYING", "COPYING.*")
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", fmt.Errorf("%s has no file with its licence", w.files)
	}
	notice, err := w.read("NOTICE", "NOTICE.*")
	if err != nil {
		return "", err
	}
	words := strings.Join(strings.Fields(text), " ")
	for _, l := range licences {
		if !strings.Contains(words, l.sentence) {
			continue
		}
		holders := copyrights(notice + "\n" + text)
		if len(holders) == 0 {
			holders = []string{"the authors of " + strings.TrimSuffix(w.files, "/*")}
		}
		if l.long && common != "" {
			text = "The full text is in " + filepath.Join(common, l.name) + "."
		}
		paragraph := "Files: " + w.files + "\nCopyright: " + strings.Join(holders, "\n  ") + "\nLicense: " + l.name + "\n" + indent(text)
		if comment := strings.TrimSpace(w.comment + "\n" + notice); comment != "" {
			paragraph += "Comment:\n" + indent(comment)
		}
		return paragraph, nil
	}
	return "", fmt.Errorf("%s has a licence that is not known here: add it after reading it", w.files)
}

// read returns what files that match patterns say, "" if there are none.
func (w work) read(patterns ...string) (string, error) {
	var text []string
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(w.dir, pattern))
		if err != nil {
			return "", err
		}
		for _, name := range names {
			if filepath.Ext(name) == ".go" {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			text = append(text, strings.TrimSpace(string(b)))
		}
	}
	return strings.Join(text, "\n\n"), nil
}

var holder = regexp.MustCompile(`(?im)^\s*(?:copyright +)?(?:\(c\)|©) +([^\[{\n]*[a-z].*?)\.?$|^\s*copyright +([0-9]{4}[^\[{\n]*?)\.?$`)

// copyrights returns who holds them and since when, as far as a text says so in lines of their own.
func copyrights(text string) (holders []string) {
	for _, m := range holder.FindAllStringSubmatch(text, -1) {
		if who := strings.TrimSuffix(m[1]+m[2], ". All rights reserved"); !slices.Contains(holders, who) {
			holders = append(holders, who)
		}
	}
	return holders
}

// indent makes text the rest of a field: a dot stands for an empty line.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text + "\n") {
		if line = strings.TrimRight(line, " \t\r\n"); line == "" {
			line = "."
		}
		b.WriteString(" " + line + "\n")
	}
	return b.String()
}
