package wav

import (
	"os"
	"testing"

	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
)

func TestMain(m *testing.M) { os.Exit(secluded.Run(m)) }
