package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

func TestDriversForModprobe(t *testing.T) {
	options, load := forModprobe([]module{
		{"snd-hda-codec-generic", ""}, {"snd-hda-intel", "index=0 id=HDA"}, {"snd-hda-intel", "index=4 id=Silence"}, {"snd-aloop", "id=Loopback"},
	})
	if want := []string{"options snd_aloop id=Loopback", "options snd_hda_intel index=0,4 id=HDA,Silence"}; !slices.Equal(options, want) {
		t.Errorf("options %q, want %q", options, want)
	}
	if want := []string{"snd_aloop"}; !slices.Equal(load, want) {
		t.Errorf("without being asked for %q are loaded, want %q", load, want)
	}
}

// A system starts once, and once more for each reboot that its program wanted.
func TestStartsOfASystem(t *testing.T) {
	for _, c := range []struct {
		said string
		want bool
	}{
		{"", false},
		{"starting", false},
		{"starting running reboot starting running", false},
		{"starting starting", true},
		{"starting running reboot starting starting", true},
	} {
		if got := restarted(strings.Fields(c.said)); got != c.want {
			t.Errorf("%s: %t", c.said, got)
		}
	}
	if plan.Starting == plan.Reboot || strings.Contains(plan.Starting+plan.Reboot, " ") {
		t.Error("the words of the first process are not words")
	}
}

func TestReleaseOfAKernel(t *testing.T) {
	for pkg, want := range map[string]string{
		"linux-image-6.1.0-57-amd64": "6.1.0-57-amd64", "linux-image-6.12.1-amd64-unsigned": "6.12.1-amd64",
	} {
		if got := (Kernel{Package: pkg}).Release(); got != want {
			t.Errorf("%s: %s, want %s", pkg, got, want)
		}
	}
}

// Images that nobody has used for a week go; the one in use stays however old it is.
func TestOldImagesGo(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	s := store{dir: t.TempDir(), now: func() time.Time { return now }, say: func(why string) { t.Error(why) }}
	for name, age := range map[string]time.Duration{"debian-used": 30, "debian-old": 8, "debian-new": 6, "linux-image-old": 30} {
		dir := filepath.Join(s.dir, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		at := now.Add(-age * 24 * time.Hour)
		if err := os.Chtimes(dir, at, at); err != nil {
			t.Fatal(err)
		}
	}
	s.tidyImages(filepath.Join(s.dir, "debian-used"))
	left, err := filepath.Glob(filepath.Join(s.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if want := []string{"debian-new", "debian-used", "linux-image-old"}; !slices.Equal(left, want) {
		t.Errorf("%q stay, want %q", left, want)
	}
}
