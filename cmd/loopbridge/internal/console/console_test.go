package console

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	words := []string{"", "plain", "/a/b-c_d.e", "two words", "it's", "$HOME", "a\nb", "*", "ä"}
	var command strings.Builder
	command.WriteString("printf '%s\\0'")
	for _, w := range words {
		command.WriteString(" " + Quote(w))
	}
	out, err := exec.Command("sh", "-c", command.String()).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"); !slices.Equal(got, words) {
		t.Errorf("a shell reads %q, want %q", got, words)
	}
}
