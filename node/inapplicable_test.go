package node_test

// inapplicable says of the cases of package looptest why they do not apply to nodes.
func inapplicable() map[string]string {
	const (
		waits     = "an open of OSS does not wait: EAGAIN"
		direction = "a wrong direction fails at the first read or write, not at the open; see TestD3"
		positions = "OSS does not say where channels are"
		words     = "OSS has no word for some encodings; see TestEncodings"
		closes    = "close(2) of a device tells no error"
		fragments = "the size of a fragment is fixed, and a buffer has whole ones"
		kernel    = "the kernel answers that itself"
	)
	return map[string]string{
		"D1_client_waits_for_its_server": waits, "D1_a_bounded_wait_ends_with_ETIMEDOUT": waits, "D1_a_cancelled_wait_ends_with_EINTR": waits,
		"D1_waiting_clients_come_in_their_order": waits, "E19_D14_new_client_before_the_halt_gets_EAGAIN_or_waits": waits,
		"D26_events_come_once_each": waits, "D1_client_waits_for_an_unsettled_server_and_gets_its_format": waits,

		"E06_D3_wrong_direction_is_EACCES_at_open": direction, "D1_D2_D3_attached_server_end_and_directions": direction,
		"E43_shared_wrong_direction_and_dead_device": direction,

		"D12_positions_that_differ_are_rearranged_bit_for_bit": positions, "D12_positions_at_the_side_are_the_rear_of_who_has_none": positions,
		"D12_positions_that_are_equal_are_left_alone": positions, "D12_a_client_that_says_no_positions_has_its_servers": positions,
		"D12_who_says_positions_takes_a_silent_server_for_ALSA": positions, "D12_nobody_says_positions": positions,
		"D12_direct_passes_positions_by": positions, "D12_positions_are_granted_and_seen": positions, "D12_positions_set_after_the_client_came_count": positions,
		"E25_D5_positions_that_cannot_be_are_EINVAL": positions, "D12_stereo_that_is_exchanged_is_heard_so": positions,
		"D12_shared_clients_are_rearranged_each": positions, "D12_attached_loops_have_the_order_they_are_told": positions,

		"E28_D12_every_encoding_is_converted": words, "E25_D5_every_encoding_and_any_rate_is_carried_exactly": words,

		"D13_server_closes_and_the_writing_client_gets_ECONNRESET": closes, "D13_server_dies_and_the_writing_client_gets_ECONNRESET": closes,
		"E33_D16_close_gives_up_after_the_buffer_and_a_second": closes, "D16_close_says_when_the_server_leaves_without_the_rest": closes,
		"D16_close_can_be_cut_short": closes, "D16_close_of_the_server_drops_what_it_has_not_read": closes,

		"D5_setup_sets_the_sizes_of_a_client": fragments, "the_clock_follows_the_smallest_period": fragments,
		"E31_D12_an_hour_of_odd_rates_is_exact_to_the_frame": fragments, "D12_a_loop_of_any_rate_moves_at_its_own_pace": fragments,
		"E30_very_large_frames_move_at_full_speed": "the kernel splits a write, so that the line begins, a period later, with its first part",

		"open_for_nothing_or_nobody_is_EINVAL": kernel, "unknown_loop_is_ENODEV": kernel, "io_against_the_open_direction_is_ENOTSUP": kernel,

		"E45_D21_eof_marks_are_counted_when_they_are_reached": "a write of no bytes ends in the kernel",
		"drain_of_a_session_that_ends_is_ECONNRESET":          "SNDCTL_DSP_SYNC of an end that reads has nothing to wait for",
	}
}
