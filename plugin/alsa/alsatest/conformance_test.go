package alsatest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// TestConformance runs the suite of loops through the plugin: each end is a program on
// alsa-lib, against a daemon in this process.
func TestConformance(t *testing.T) { conform(t, agentProgram) }

// conform runs the suite with the agent that program builds.
func conform(t *testing.T, program func(*testing.T) string) {
	const oneDirection = "an ALSA stream has one direction"
	const said = "an ALSA end says positions by a call of its own, or as a program of its name does; see testdata/capi_chmap.c"
	looptest.Harness{Connect: connect(program), ServerBuffers: true, Inapplicable: map[string]string{
		"E02_D2_server_for_both_is_EACCES":                                         oneDirection,
		"E07_D3_client_for_both_gets_what_the_server_permits":                      oneDirection,
		"open_for_nothing_or_nobody_is_EINVAL":                                     oneDirection,
		"io_against_the_open_direction_is_ENOTSUP":                                 oneDirection,
		"E09_D7_server_pauses_even_non_blocking_and_can_be_interrupted":            "alsa-lib itself answers EAGAIN in non-blocking mode",
		"io_on_a_closed_end_is_EBADF":                                              "a snd_pcm_t is no more after snd_pcm_close",
		"halt_and_close_wake_who_sleeps_in_io":                                     "the agent has one thread",
		"E33_D16_close_gives_up_after_the_buffer_and_a_second":                     "snd_pcm_drain has no limit",
		"D1_unsettled_server_that_starts_takes_what_it_was_given":                  "alsa-lib wants hw_params before anything moves",
		"D26_events_come_once_each":                                                "hw_params is part of an ALSA open, and an event more",
		"D26_a_subscriber_who_does_not_listen_disturbs_nobody":                     "no matter of the way in; shown elsewhere",
		"E45_D21_eof_marks_are_counted_when_they_are_reached":                      "alsa-lib keeps zero-length writes to itself; a drain is one, see TestD15HoldKeepsARecorder",
		"E48_D22_close_of_a_paused_end_waits_until_it_is_resumed":                  "alsa-lib drops what is paused, and lets nobody drain it",
		"E45_marks_of_a_session_that_is_halted_are_dropped":                        "as before",
		"D13_D16_client_that_closes_before_the_server_reads_is_heard_all_the_same": "a client that drains holds its end until it is heard",
		"D12_positions_that_differ_are_rearranged_bit_for_bit":                     said,
		"D12_positions_at_the_side_are_the_rear_of_who_has_none":                   said,
		"D12_who_says_positions_takes_a_silent_server_for_ALSA":                    said,
		"D12_direct_passes_positions_by":                                           said,
		"D12_positions_are_granted_and_seen":                                       said,
		"D12_positions_set_after_the_client_came_count":                            said,
		"E25_D5_positions_that_cannot_be_are_EINVAL":                               said,
		"D12_stereo_that_is_exchanged_is_heard_so":                                 said,
		"D12_shared_clients_are_rearranged_each":                                   said,
		"D12_attached_loops_have_the_order_they_are_told":                          said,
	}}.Run(t)
}

// connect serves patchbays on sockets and opens their ends in programs.
func connect(program func(*testing.T) string) func(*testing.T, *loop.Patchbay) looptest.Opener {
	return func(t *testing.T, bay *loop.Patchbay) looptest.Opener { return connectAgents(t, bay, program(t)) }
}

func connectAgents(t *testing.T, bay *loop.Patchbay, program string) looptest.Opener {
	socket := servertest.Serve(t, bay).Path
	return func(ctx context.Context, name string, o pcm.Options) (looptest.End, error) {
		a, err := startAgent(t, program, socket)
		if err != nil {
			return nil, err
		}
		e := &agentEnd{agent: a, bay: bay, loop: name, role: o.Role, dir: o.Direction}
		if err := e.open(ctx, o); err != nil {
			e.Abandon()
			e.forgotten() // it may have been as far as to hold the end
			return nil, err
		}
		return e, nil
	}
}

// open opens the end as an ALSA program does: snd_pcm_open, then hw_params.
func (e *agentEnd) open(ctx context.Context, o pcm.Options) error {
	device := fmt.Sprintf("loopbridge:LOOP=%s,END=%s,WAIT=%s", e.loop, o.Role, waitArgument(o.Wait))
	configured := e.status().Format
	if _, err := e.ask(ctx, opOpen, []byte(device), flag(o.Direction == pcm.Read), flag(o.Role == pcm.Server), flag(o.Nonblock)); err != nil {
		return err
	}
	if o.Role == pcm.Client {
		configured = e.status().Format // of the server that let it in
	}
	if o.Unsettled {
		e.format = configured
		return nil
	}
	return e.params(ctx, o.Format.Or(configured), o.Period, o.Buffer)
}

func waitArgument(wait time.Duration) string {
	switch wait {
	case 0:
		return "0"
	case pcm.Forever:
		return "1"
	}
	return strings.ReplaceAll(wait.String(), "µ", "u")
}

// params sets format and sizes; 0 is what the loop would choose.
func (e *agentEnd) params(ctx context.Context, f audio.Format, period, buffer int) error {
	if period == 0 {
		period = max(1, int(f.Frames(pcm.DefaultPeriod)))
	}
	if buffer == 0 {
		buffer = max(2*period, int(f.Frames(pcm.DefaultBuffer)))
	}
	answer, err := e.ask(ctx, opParams, nil, alsaFormat(f.Encoding), f.Rate, f.Channels, period, buffer)
	if err != nil {
		return err
	}
	e.format, e.buffer, e.period = f, answer.result, int(answer.number())
	e.moved, e.dropped = 0, e.end().XrunFrames
	return nil
}
