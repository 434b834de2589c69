package loopbridge_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// citations are the numbers of decisions and edge cases in a text: D7, E30a, several in a row as in
// D13D14, but no parts of other words and no hexadecimal digits.
func citations(text string) (found []string) {
	number := regexp.MustCompile(`D[1-9][0-9]?|E[0-9]{2}a?`)
	end := 0
	for _, at := range number.FindAllStringIndex(text, -1) {
		before, after := text[max(0, at[0]-1):at[0]], text[at[1]:min(len(text), at[1]+1)]
		inWord := before != "" && strings.Contains("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZx", before) && at[0] != end
		goesOn := after != "" && strings.Contains("0123456789abcdefghijklmnopqrstuvwxyz", after)
		if !inWord && !goesOn {
			found = append(found, text[at[0]:at[1]])
			end = at[1]
		}
	}
	return found
}

// product reports whether a file is code of the product, and not of a suite or a test's program.
func product(name string) bool {
	if !slices.Contains([]string{".go", ".c", ".h"}, filepath.Ext(name)) {
		return false
	}
	for _, suite := range []string{"backendtest/", "alsatest/", "testdata/", "hwtest/", "servertest/"} {
		if strings.Contains(name, suite) {
			return false
		}
	}
	return true
}

// Every decision and edge case that the tree cites is in docs/decisions.md, and every decision
// has a test that names it.
func TestDecisionsAreWrittenAndTested(t *testing.T) {
	for text, want := range map[string]string{
		"TestD7HeededStart": "D7", "E30a_D11_other": "E30a D11", "D13D14D17EndOfStream": "D13 D14 D17", "(D1, D25)": "D1 D25",
		"0xD1": "", "1E31": "", "HD12": "", "D1x": "", "D123": "", "Ed25519": "", "SurvivesD25": "D25",
	} {
		if got := strings.Join(citations(text), " "); got != want {
			t.Errorf("in %q there is %q, want %q", text, got, want)
		}
	}
	text, err := os.ReadFile("docs/decisions.md")
	if err != nil {
		t.Fatal(err)
	}
	written, tested := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`\*\*([DE][0-9]+a?)\*\*`).FindAllStringSubmatch(string(text), -1) {
		if written[m[1]] {
			t.Errorf("docs/decisions.md has %s twice", m[1])
		}
		written[m[1]] = true
	}
	for _, name := range sources(t, ".go", ".c", ".h", ".md", ".yaml", ".toml") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "docs_test.go" {
			continue
		}
		test := strings.HasSuffix(name, "_test.go") || strings.Contains(name, "looptest/")
		for _, cited := range citations(string(text)) {
			tested[cited] = tested[cited] || test
			if !test && product(name) {
				t.Errorf("%s cites %s; say what it means: numbers belong to tests and docs/decisions.md", name, cited)
			}
			if !written[cited] {
				t.Errorf("%s cites %s, which docs/decisions.md has not", name, cited)
			}
		}
	}
	for _, decision := range slices.Sorted(maps.Keys(written)) {
		if decision[0] == 'D' && !tested[decision] {
			t.Errorf("no test names %s", decision)
		}
	}
	if len(written) < 80 {
		t.Errorf("docs/decisions.md has only %d of them", len(written))
	}
}
