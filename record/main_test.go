package record_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childEnv names the folder of a process that is to be killed.
const childEnv = "LOOPBRIDGE_TEST_RECORD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		recordUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}
