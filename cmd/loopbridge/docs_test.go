package main

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// pages are what people read, but for the changelog, which is about other releases.
func pages(t *testing.T) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "bench/*.md"} {
		found, err := filepath.Glob("../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return path.Base(name) == "CHANGELOG.md" })
	if len(names) < 10 {
		t.Fatalf("only %v", names)
	}
	return names
}

// snippet is a piece of code of a page.
type snippet struct {
	at   string // page and line
	kind string // what its fence says; "inline": it is in a line
	text string
}

func snippets(t *testing.T) (all []snippet) {
	t.Helper()
	inline := regexp.MustCompile("`([^`]+)`")
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var block *snippet
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			kind, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
			at := fmt.Sprintf("%s:%d", filepath.Base(page), n)
			switch {
			case fence && block == nil:
				block = &snippet{at: at, kind: kind}
			case fence:
				all = append(all, *block)
				block = nil
			case block != nil:
				block.text += line
			default:
				for _, m := range inline.FindAllStringSubmatch(line, -1) {
					all = append(all, snippet{at, "inline", m[1]})
				}
			}
		}
		if block != nil {
			t.Errorf("%s: the block has no end", block.at)
		}
	}
	return all
}

// shellCommands are the words of each command in a text, as a shell would split it that knows
// quotes, comments, pipes and lists.
func shellCommands(text string) (all [][]string) {
	var words []string
	var word strings.Builder
	var quote rune
	begun := false // a word, be it empty
	endWord := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	endCommand := func() {
		endWord()
		if len(words) > 0 {
			all = append(all, words)
		}
		words = nil
	}
	comment, escaped := false, false
	for _, r := range text {
		switch {
		case comment && r != '\n':
		case escaped:
			escaped = false
			if r != '\n' {
				word.WriteRune(r)
				begun = true
			}
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\\':
			escaped = true
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == '#' && !begun:
			comment = true
		case strings.ContainsRune("\n|&;<>()", r):
			comment = false
			endCommand()
		case r == ' ' || r == '\t':
			endWord()
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	endCommand()
	return all
}

func TestShellCommands(t *testing.T) {
	for text, want := range map[string]string{
		"a b  c # d\ne": "[[a b c] [e]]", "a 'b c' \"d\" & e | f >g": "[[a b c d] [e] [f] [g]]", "a \\\n  b; c && d": "[[a b] [c] [d]]",
		"source <(a b c)": "[[source] [a b c]]", "a#b 'c#d'": "[[a#b c#d]]", "": "[]",
	} {
		if got := fmt.Sprint(shellCommands(text)); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// Every command of ours that a page shows is one that the program takes.
func TestPagesShowCommands(t *testing.T) {
	commands := map[string]bool{}
	visible(model(t), "", func(_ *kong.Node, name string) { commands[name] = true })
	shown := 0
	for _, s := range snippets(t) {
		if s.kind != "" && s.kind != "sh" && s.kind != "inline" {
			continue
		}
		for _, words := range shellCommands(s.text) {
			if words[0] == "sudo" {
				words = words[1:]
			}
			if len(words) == 0 || words[0] != "loopbridge" && words[0] != "bin/loopbridge" {
				continue
			}
			shown++
			args := words[1:]
			if s.kind == "inline" && commands[strings.Join(args, " ")] { // a command by its name
				continue
			}
			if err := refused(args); err != nil {
				t.Errorf("%s: %s: %v", s.at, strings.Join(words, " "), err)
			}
		}
	}
	if shown < 60 {
		t.Errorf("only %d commands are seen", shown)
	}
}

// refused says why the program does not take a command line.
func refused(args []string) error {
	var c cli
	parser, err := newParser(&c, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	if strings.HasPrefix(parsed.Command(), "set ") {
		sets := slices.DeleteFunc(slices.Clone(c.Set.Args), func(arg string) bool { return !strings.Contains(arg, "=") || strings.Contains(arg, "$") })
		if _, err := state.ParsePatch(sets...); err != nil {
			return err
		}
	}
	for _, field := range c.Info.Fields {
		if _, known := state.FieldByName(field); !known {
			return fmt.Errorf("there is no field %s", field)
		}
	}
	for _, file := range []string{c.Serve.Config, c.Check.File} {
		if strings.HasPrefix(file, "configs/") {
			if _, err := os.Stat("../../" + file); err != nil {
				return err
			}
		}
	}
	return nil
}

// Every configuration that a page shows is one that the daemon takes.
func TestPagesShowConfigurations(t *testing.T) {
	shown := 0
	for _, s := range snippets(t) {
		if s.kind != "toml" {
			continue
		}
		shown++
		if !portaudio.Built { // the keys of PortAudio are read all the same
			s.text = strings.ReplaceAll(s.text, `"portaudio"`, `"alsa"`)
			s.text = strings.ReplaceAll(s.text, `"ALSA:`, `"id:`)
		}
		if _, err := config.Parse(s.at, []byte(s.text)); err != nil {
			t.Error(err)
		}
	}
	if shown < 8 {
		t.Errorf("only %d configurations are seen", shown)
	}
}
