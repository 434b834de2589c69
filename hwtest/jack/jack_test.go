package jack_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest/jack"
	"github.com/loopbridge/loopbridge/hwtest/lab"
)

const card = 11 // lab.Dummy

func TestJackTwice(t *testing.T) {
	if !lab.Inside() {
		t.Skip("needs a sound card: hwtest runs this in a machine that has one")
	}
	first, err := jack.Add(card, "Twice Jack")
	if err != nil {
		t.Fatal(err)
	}
	if second, err := jack.Add(card, "Twice Jack"); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("a second of the name: %v, %v", second, err)
	}
	if err := first.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := first.Plug(true); err == nil {
		t.Error("a jack that was removed can be plugged")
	}
	again, err := jack.Add(card, "Twice Jack")
	if err != nil {
		t.Fatalf("after it was removed: %v", err)
	}
	if err := again.Remove(); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", strings.Repeat("x", 44)} {
		if _, err := jack.Add(card, name); err == nil || !strings.Contains(err.Error(), "name") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := jack.Add(9999, "Headphone Jack"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("a card that there is not: %v", err)
	}
}
