/* The cases of the program capi. The Go tests of the same names run them. */
#ifndef LOOPBRIDGE_CAPI_H
#define LOOPBRIDGE_CAPI_H

#include "rig.h"

#define CAPI_CASES(X) \
	X(recover_after_underrun) \
	X(recover_after_overrun) \
	X(no_xrun_without_threshold) \
	X(pause_of_a_writer) \
	X(pause_of_a_reader) \
	X(drop) \
	X(drain_blocking) \
	X(drain_nonblocking) \
	X(drain_of_an_unstarted_stream) \
	X(drain_of_an_unstarted_stream_nonblocking) \
	X(drain_of_a_reader) \
	X(drain_ends_by_itself) \
	X(drain_whose_server_leaves) \
	X(drop_ends_a_drain) \
	X(handlers_that_restart) \
	X(handlers_that_interrupt) \
	X(handlers_of_both_kinds) \
	X(abort_ends_every_call) \
	X(delay_of_a_writer) \
	X(delay_of_a_reader) \
	X(delay_of_a_converted_writer) \
	X(status_and_timestamps) \
	X(rewind_and_forward) \
	X(rewind_before_the_start) \
	X(prepare_before_the_start) \
	X(reset) \
	X(link_is_not_possible) \
	X(poll_is_level_triggered) \
	X(avail_min) \
	X(two_pcms_in_one_program) \
	X(every_access_carries_the_same) \
	X(end_of_stream_for_a_server_that_reads) \
	X(end_of_stream_for_a_server_that_writes) \
	X(end_of_stream_for_a_client_that_reads) \
	X(end_of_stream_for_a_client_that_writes) \
	X(end_of_stream_wakes_who_sleeps) \
	X(end_of_stream_after_a_drain) \
	X(nonblocking_server_without_client) \
	X(server_that_plays_first) \
	X(server_that_drains_first) \
	X(server_that_knows_xruns_only) \
	X(rest_of_a_session) \
	X(drop_after_an_xrun) \
	X(reader_that_forgets_to_start) \
	X(server_offers_everything) \
	X(client_is_offered_what_can_be_converted) \
	X(sizes_are_granted) \
	X(largest_buffer) \
	X(running_stream_keeps_its_setup) \
	X(chmaps_are_offered) \
	X(chmap_is_refused) \
	X(chmap_is_heard) \
	X(open_is_refused)

#define CAPI_DECLARE(name) void name(void);
CAPI_CASES(CAPI_DECLARE)
#undef CAPI_DECLARE
#endif
