package alsatest_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
)

// built is where plugins and programs are built, and taken away after the last test.
var built string

func TestMain(m *testing.M) {
	var err error
	if built, err = os.MkdirTemp("", "lb"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := secluded.Run(m)
	os.RemoveAll(built)
	os.Exit(code)
}
