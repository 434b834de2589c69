package loopbridge_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const maxLines = 500

func TestFilesAreShort(t *testing.T) {
	for _, name := range sources(t, ".go", ".c", ".h") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, split it at %d", name, n, maxLines)
		}
	}
}

func TestFilesAreFormatted(t *testing.T) {
	for _, f := range goFiles(t) {
		want, err := format.Source(f.text)
		if err != nil {
			t.Errorf("%s: %v", f.path, err)
		} else if !bytes.Equal(f.text, want) {
			t.Errorf("%s is not formatted, run gofmt -w %s", f.path, f.path)
		}
	}
}

// An init function is state that nobody asked for: wiring is written down in
// cmd/loopbridge.
func TestNoInit(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && !f.test && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init; call it from where it is needed", f.at(fn))
			}
		}
	}
}

func TestPackagesHaveComments(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test || f.pkg == "." {
			documented[f.pkg] = documented[f.pkg] || f.ast.Doc != nil
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no comment that says what it is", pkg)
		}
	}
}

func TestExportedNamesHaveComments(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || f.ast.Name.Name == "main" {
			continue
		}
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
					t.Errorf("%s: %s has no comment", f.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, name := range undocumented(d) {
					t.Errorf("%s: %s has no comment", f.at(name), name.Name)
				}
			}
		}
	}
}

// exportedReceiver is true for functions and for methods of exported types.
func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	typ := fn.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// undocumented lists the exported names of a declaration that no comment covers.
// The comment over a group of constants or variables covers the group; a type
// needs its own, and so does each method of an interface.
func undocumented(d *ast.GenDecl) (names []*ast.Ident) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if !s.Name.IsExported() {
				continue
			}
			if s.Doc == nil && (d.Doc == nil || d.Lparen != token.NoPos) {
				names = append(names, s.Name)
			}
			if i, ok := s.Type.(*ast.InterfaceType); ok && len(i.Methods.List) > 1 {
				for _, m := range i.Methods.List {
					if m.Doc == nil && m.Comment == nil && len(m.Names) > 0 {
						names = append(names, m.Names[0])
					}
				}
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// What uses alsa-lib, or starts what does, is kept apart from what is installed: an earlier
// release of our own plugin, for one.
func TestNothingInstalledReachesATest(t *testing.T) {
	sign := regexp.MustCompile(`"(aplay|arecord|amixer|alsamixer)"|-lasound|"github\.com/gordonklaus/portaudio"|backend/portaudio"`)
	uses, starts, secluded := map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test || f.pkg == "." {
			continue
		}
		if found := sign.Find(f.text); found != nil {
			uses[f.pkg] = f.path + " has " + string(found)
		}
		starts[f.pkg] = starts[f.pkg] || slices.Contains(f.imports(), "os/exec")
		secluded[f.pkg] = secluded[f.pkg] || bytes.Contains(f.text, []byte("secluded.Run(m)")) || f.pkg == "plugin/alsa/secluded"
	}
	for pkg, why := range uses {
		if starts[pkg] && !secluded[pkg] {
			t.Errorf("%s, and TestMain of %s does not call secluded.Run", why, pkg)
		}
	}
	if len(uses) < 4 {
		t.Errorf("only %v are seen to use alsa-lib", uses)
	}
}

// Somebody may set the clock of a machine at any time. Nothing that runs reads the time of day but to print it:
// what time.Now returns counts on when the clock jumps, unless it is turned into a date and back.
func TestNothingDependsOnTheTimeOfDay(t *testing.T) {
	depends := regexp.MustCompile(`CLOCK_REALTIME|TIMER_ABSTIME.*REAL|\bgettimeofday\b|\btime\((NULL|0)\)|\.Unix(Nano|Milli|Micro)?\(\)|\.Round\(0\)|\btime\.(Parse|Date)\(`)
	for text, want := range map[string]bool{
		"clock_gettime(CLOCK_REALTIME, &t)": true, "time.Now().UnixNano()": true, "t.Round(0)": true, "time.Parse(layout, s)": true, "time(NULL)": true,
		"clock_gettime(CLOCK_MONOTONIC, &t)": false, "time.Unix(1, 0)": false, "time.Since(began)": false, "now.Sub(then)": false, "d.Round(time.Second)": false,
	} {
		if got := depends.MatchString(text); got != want {
			t.Errorf("%s: seen %v, want %v", text, got, want)
		}
	}
	seen := 0
	for _, name := range sources(t, ".go", ".c", ".h") {
		at := filepath.ToSlash(name)
		if strings.HasSuffix(at, "_test.go") || strings.Contains(at, "testdata/") || strings.HasPrefix(at, "plugin/alsa/bench/") ||
			at == "backend/rtp/arrival.go" { // the kernel says by the time of day when datagrams come
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := depends.Find(text); found != nil {
			t.Errorf("%s depends on the time of day: %s", name, found)
		}
		seen++
	}
	if seen < 300 {
		t.Errorf("only %d files were looked at", seen)
	}
}

// The plugin runs in programs that have chosen a locale, of which numbers and letter case
// in the C library depend. Programs of tests and benches choose none.
func TestNothingInThePluginDependsOnTheLocale(t *testing.T) {
	depends := regexp.MustCompile(`\b(` +
		`setlocale|uselocale|newlocale|localeconv|str(to(d|f|ld|l|ul|ll|ull|q|uq|imax|umax)|n?casecmp|casestr|coll|xfrm|ftime|fmon)|ato[fil]l?|[fsv]*scanf|` +
		`to(w?lower|w?upper)|isw?(alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit)|(wc|mb)s?r?(to|rto|rlen|len|snr?to)\w*|regcomp|fnmatch` +
		`)\s*\(|%[-+#0]*[0-9.*]*[lL]?[aAeEfFgG]|%[-+#0-9.*]*'`)
	for text, want := range map[string]bool{
		`n = strtod(s, &rest);`: true, `if (!strcasecmp(a, b))`: true, `printf("%.3f")`: true, `"%-10.2lf"`: true, `"%'d"`: true,
		`tolower (c)`: true, `isalpha(c)`: true, `atoi(s)`: true, `sscanf(s, "%d", &n)`: true, `mbstowcs(w, s, n)`: true,
		`snprintf(s, n, "%s", t)`: false, `"%.14s %u"`: false, `exists(path)`: false, `lb_is(text, word)`: false, `strcmp(a, b)`: false, `x % f`: false,
	} {
		if got := depends.MatchString(text); got != want {
			t.Errorf("%s: seen %v, want %v", text, got, want)
		}
	}
	seen := 0
	for _, name := range sources(t, ".c", ".h") {
		if dir := filepath.ToSlash(filepath.Dir(name)); dir != "plugin/alsa" && dir != "plugin/alsa/ctl" {
			continue
		}
		seen++
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if found := depends.Find(line); found != nil {
				t.Errorf("%s:%d: %s depends on the locale of the program; see text.h", name, i+1, found)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d files of the plugin are seen", seen)
	}
}

// What .ci/unit tests without the race detector has nothing that it could find.
func TestSequentialPackagesHaveNoGoroutines(t *testing.T) {
	text, err := os.ReadFile(".ci/unit")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^sequential='(.*)'$`).FindSubmatch(text)
	if found == nil {
		t.Fatal(".ci/unit does not say which packages are sequential")
	}
	concurrent := regexp.MustCompile(`(?m)^\s*(defer )?go |\.Go\(|"sync(/atomic)?"`)
	for name := range strings.FieldsSeq(string(found[1])) {
		files, err := filepath.Glob(filepath.Join(name, "*.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s has no files: %v", name, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if sign := concurrent.Find(text); sign != nil && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s has %q: test its package with the race detector", file, sign)
			}
		}
	}
}
