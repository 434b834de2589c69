package web_test

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources are the scripts and styles of the page, by name.
func sources(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir("files", func(name string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(name); err == nil && (ext == ".js" || ext == ".css") {
			all[filepath.ToSlash(name)], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d scripts and styles, %v", len(all), err)
	}
	return all
}

// All scripts and styles, as they are sent, take at most 200 kB.
func TestPageIsSmall(t *testing.T) {
	sum := 0
	for _, text := range sources(t) {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = z.Write(text)
		_ = z.Close()
		sum += b.Len()
	}
	t.Logf("scripts and styles take %d bytes, gzipped", sum)
	if sum > 200_000 {
		t.Errorf("scripts and styles take %d bytes, gzipped; at most 200000 are allowed", sum)
	}
}

// Our own scripts write text only: none of them can make markup, or a program, out of a string.
func TestNoScriptMakesMarkup(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|createContextualFragment|srcdoc`)
	for name, text := range sources(t) {
		if found := forbidden.Find(text); found != nil && !strings.Contains(name, "/uplot/") {
			t.Errorf("%s has %s", name, found)
		}
	}
}

// A newcomer reads a file at a time.
func TestScriptsAreShort(t *testing.T) {
	for name, text := range sources(t) {
		if n := bytes.Count(text, []byte("\n")); n > 300 {
			t.Errorf("%s has %d lines, split it", name, n)
		}
	}
}

// What page.js imports is asked for at once, and not one file after the other.
func TestModulesArePreloaded(t *testing.T) {
	page, err := os.ReadFile("files/index.html")
	if err != nil {
		t.Fatal(err)
	}
	all := sources(t)
	imports := regexp.MustCompile(`(?m)^import .* from '\./([a-z]+\.js)';$`)
	todo, seen := []string{"page.js"}, []string{}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		for _, m := range imports.FindAllSubmatch(all["files/"+name], -1) {
			if next := string(m[1]); !slices.Contains(seen, next) {
				seen, todo = append(seen, next), append(todo, next)
			}
		}
	}
	for _, name := range seen {
		if !bytes.Contains(page, []byte(`<link rel="modulepreload" href="/web/`+name+`">`)) {
			t.Errorf("index.html does not preload %s", name)
		}
	}
	if n := bytes.Count(page, []byte("modulepreload")); n != len(seen) {
		t.Errorf("index.html preloads %d modules, page.js imports %d", n, len(seen))
	}
}
