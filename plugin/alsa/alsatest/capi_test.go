package alsatest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/resample"
)

// capiCases are the cases of testdata/capi*.c by what they are about: programs on
// alsa-lib's C API that hold both ends of a loop.
var capiCases = map[string][]string{
	// snd_pcm_recover is all that a program needs after an xrun, and none at all
	// where its stop threshold says so.
	"D10Xruns": {"recover_after_underrun", "recover_after_overrun", "no_xrun_without_threshold"},
	"Pause":    {"pause_of_a_writer", "pause_of_a_reader"},
	"DropAndDrain": {"drop", "drain_blocking", "drain_nonblocking", "drain_of_an_unstarted_stream",
		"drain_of_an_unstarted_stream_nonblocking", "drain_of_a_reader", "drain_ends_by_itself", "drain_whose_server_leaves",
		"drop_ends_a_drain"},
	"Signals": {"handlers_that_restart", "handlers_that_interrupt", "handlers_of_both_kinds", "abort_ends_every_call"},
	"Positions": {"delay_of_a_writer", "delay_of_a_reader", "delay_of_a_converted_writer", "status_and_timestamps", "rewind_and_forward", "rewind_before_the_start",
		"prepare_before_the_start", "reset",
		"link_is_not_possible"},
	"Poll":   {"poll_is_level_triggered", "avail_min", "two_pcms_in_one_program"},
	"Access": {"every_access_carries_the_same"},
	"D13D14D17EndOfStream": {"end_of_stream_for_a_server_that_reads", "end_of_stream_for_a_server_that_writes",
		"end_of_stream_for_a_client_that_reads", "end_of_stream_for_a_client_that_writes", "end_of_stream_wakes_who_sleeps", "end_of_stream_after_a_drain"},
	"D7D9Server": {"nonblocking_server_without_client", "server_that_plays_first", "server_that_drains_first"},
	// jackd, PipeWire and PulseAudio hold their PCM for days, and recover each in its way.
	"ServersOfSoundRecover": {"drop_after_an_xrun", "server_that_knows_xruns_only", "reader_that_forgets_to_start"},
	"D5D11HwParams": {"server_offers_everything", "client_is_offered_what_can_be_converted", "sizes_are_granted", "largest_buffer",
		"running_stream_keeps_its_setup"},
	"ChannelMaps":           {"chmaps_are_offered", "chmap_is_refused", "chmap_is_heard"},
	"D1D2D3D4OpenIsRefused": {"open_is_refused"},
}

func TestCAPI(t *testing.T) {
	for theme, cases := range capiCases {
		for _, name := range cases {
			t.Run(theme+"/"+name, func(t *testing.T) {
				t.Parallel()
				newCrank(t, loop.Spec{}).program(plainBuild.program(t, "capi"), name)
			})
		}
	}
}

// TestDelayOfAConverter: whatever the quality, a frame is heard when its delay says.
func TestDelayOfAConverter(t *testing.T) {
	for _, q := range []resample.Quality{resample.Good, resample.Fast, resample.Best} {
		t.Run(fmt.Sprint(q), func(t *testing.T) {
			t.Parallel()
			newCrank(t, loop.Spec{Convert: convert.Options{Quality: q}}).program(plainBuild.program(t, "capi"), "delay_of_a_converted_writer")
		})
	}
}

// TestD15RestOfASession: a recorder that goes on hears the end of each session, also if that is less than it waits for.
func TestD15RestOfASession(t *testing.T) {
	newCrank(t, loop.Spec{OnClientClose: loop.Hold}).program(plainBuild.program(t, "capi"), restOfASession)
}

// restOfASession is the case of a loop of its own.
const restOfASession = "rest_of_a_session"

// Each case that is written runs.
func TestCAPIIsComplete(t *testing.T) {
	header, err := os.ReadFile("../testdata/capi.h")
	if err != nil {
		t.Fatal(err)
	}
	listed := []string{restOfASession}
	for _, cases := range capiCases {
		listed = append(listed, cases...)
	}
	for _, m := range regexp.MustCompile(`X\((\w+)\)`).FindAllStringSubmatch(string(header), -1) {
		if name := m[1]; name != "X" && !slices.Contains(listed, name) {
			t.Errorf("nobody runs the case %s of testdata/capi.h", name)
		}
	}
}

// TestD7HeededStartIsNotTakenBack: the plugin looks at a start in an order that fits the
// daemon's, so that no call fails because the start was acknowledged just then.
func TestD7HeededStartIsNotTakenBack(t *testing.T) {
	t.Parallel()
	agentProgram(t) // skips without a compiler
	path := filepath.Join(t.TempDir(), "order")
	if err := compile("-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", path,
		"../testdata/order.c", "../flow.c", "../stall.c", "../drain.c", "../signals.c", "../ring.c", "../conn.c", "-lasound", "-lpthread"); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
