package states

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const small = `lost: nobody asks the plugin

RUNNING drain | 0 SETUP | = | EINTR DRAINING/part SETUP | EAGAIN DRAINING
PAUSED  drain | 0 SETUP | = | = | =
 kernel lost  | 0 SETUP | = | EINTR DRAINING | EAGAIN DRAINING
`

func read(t *testing.T, text string) (*Table, error) {
	path := filepath.Join(t.TempDir(), "t")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Read(path, "playback")
}

func TestCompare(t *testing.T) {
	table, err := read(t, small)
	if err != nil {
		t.Fatal(err)
	}
	if cells, differ := table.Cells(); cells != 8 || differ != 1 {
		t.Errorf("%d cells, %d rows differ, want 8 and 1", cells, differ)
	}
	right := `playback RUNNING drain block none: 0 SETUP
playback RUNNING drain block restart: 0 SETUP
playback RUNNING drain block interrupt: part SETUP
playback RUNNING drain nonblock none: EAGAIN DRAINING
playback PAUSED drain block none: 0 SETUP
playback PAUSED drain block restart: 0 SETUP
playback PAUSED drain block interrupt: 0 SETUP
playback PAUSED drain nonblock none: 0 SETUP
`
	if wrong := table.Compare(Plugin, right); wrong != nil {
		t.Errorf("what is right is wrong: %q", wrong)
	}
	want := []string{
		"playback PAUSED drain block interrupt: 0 SETUP, want EINTR DRAINING",
		"playback PAUSED drain nonblock none: 0 SETUP, want EAGAIN DRAINING",
	}
	if wrong := table.Compare(Kernel, right); !slices.Equal(wrong, want) {
		t.Errorf("%q, want %q", wrong, want)
	}
	if wrong := table.Compare(Kernel, right, "lost"); wrong != nil {
		t.Errorf("without the reason %q", wrong)
	}
	odd := strings.Replace(right, "PAUSED drain block none", "ASLEEP drain block none", 1)
	want = []string{
		"playback PAUSED drain block none: is missing",
		"playback ASLEEP drain block none: 0 SETUP, which the table does not have",
	}
	if wrong := table.Compare(Plugin, odd); !slices.Equal(wrong, want) {
		t.Errorf("%q, want %q", wrong, want)
	}
}

func TestTablesThatAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no row has the reason":      "lost: nobody asks\n",
		"its reason is not given":    "RUNNING drain | 0 | = | = | =\n kernel lost | 1 | = | = | =\n",
		"a row has 4 cells":          "RUNNING drain | 0 | =\n",
		"a second row":               "RUNNING drain | 0 | = | = | =\nRUNNING drain | 0 | = | = | =\n",
		"the same as the plugin":     strings.Replace(small, "EINTR DRAINING | EAGAIN DRAINING\n\n", "0 SETUP | = \n", 1) + " kernel lost | 0 SETUP | = | = | =\n",
		"neither a reason nor a row": "RUNNING drain\n",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v, want %q", text, err, name)
		}
	}
}
