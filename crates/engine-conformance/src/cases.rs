//! The list of cases, and where each runs.
//!
//! Owns the list. Called by: the tests of each engine.

/// Makes tests of the cases for the engine that `$start` starts: `sockets: $start`, `secure: $start`, or `memory: $start`.
/// By `secure` those that need nothing else run once more, by TLS. Some cases need sockets. Others need a clock that stands
/// still, because the test has to do something before a deadline passes, which would be a matter of luck: they are for memory.
#[macro_export]
macro_rules! engine_cases {
    ($place:ident: $start:path) => {
        $crate::cases_of_clients::client_cases! { $place: $start }
        $crate::placed::place_cases! { @all $place $start:
            messages {
                everywhere {
                    answers_hello
                    answers_thousands_of_requests_on_one_connection
                    answers_many_connections
                    keeps_the_order_of_pipelined_requests
                    answers_requests_that_arrive_byte_by_byte
                    hands_over_the_head_as_sent
                    answers_http_1_0
                    closes_after_connection_close
                    takes_any_target_form_and_method
                }
                sockets {
                    serves_a_unix_socket
                }
            }
            responses {
                everywhere {
                    writes_reason_phrases
                    answers_head_without_a_body
                    answers_statuses_without_a_body
                    refuses_a_second_answer
                    refuses_for_the_application
                    answers_an_invalid_response_with_500
                    sends_large_bodies
                    sends_shared_bodies
                    holds_responses_for_a_slow_client
                }
            }
            files {
                everywhere {
                    sends_files
                    sends_parts_of_files
                    sends_files_that_are_not_in_memory
                    keeps_files_in_order
                    answers_what_is_held_back_behind_files
                    breaks_off_where_a_file_ends
                    breaks_off_when_a_file_is_cut
                    sends_no_more_of_a_file_than_it_said
                    sends_files_to_a_slow_client
                    lets_go_of_a_file_whose_client_leaves
                    sends_files_on_streams
                    breaks_off_a_stream_whose_file_ends
                }
            }
            bodies {
                everywhere {
                    reads_a_whole_body
                    reads_a_whole_body_in_its_place
                    reads_a_body_as_it_arrives
                    reads_a_chunked_body_with_trailers
                    sends_continue_when_the_body_is_read
                    sends_no_continue_when_the_body_has_begun
                    closes_when_continue_was_never_sent
                    drains_a_small_unread_body
                    closes_before_a_large_unread_body
                    drains_a_cancelled_body
                    tells_of_a_body_that_began_after_all
                    closes_after_a_cancelled_body_that_is_too_long
                    aborts_when_the_client_leaves_within_a_body
                    answers_what_was_asked_before_a_body_broke_off
                    counts_nothing_twice_in_pipelined_bodies
                }
            }
            kept {
                everywhere {
                    reads_what_comes_after_the_response
                    keeps_a_body_that_had_arrived
                    reads_the_rest_behind_a_large_response
                    reads_the_rest_before_a_last_connection_ends
                    ends_a_response_until_the_close_before_a_kept_body
                    keeps_no_more_of_a_body_nobody_reads
                    ends_a_kept_body_when_the_client_leaves
                    goes_on_when_a_kept_body_is_cancelled
                    keeps_nothing_that_was_not_asked_for
                }
                sockets {
                    reads_a_large_body_after_the_response
                }
                memory {
                    lets_go_of_a_whole_body_that_is_not_taken
                    gives_up_a_kept_body_that_is_not_taken
                    gives_up_a_kept_body_that_does_not_come
                }
            }
            streams {
                everywhere {
                    streams_chunks
                    streams_a_known_length
                    streams_until_close_to_http_1_0
                    streams_trailers
                    tells_a_stream_of_a_client_that_left
                    leaves_a_streamed_body_out_after_head
                }
                sockets {
                    echoes_both_ways_at_once
                }
            }
            bounds {
                everywhere {
                    takes_no_request_while_responses_wait
                }
                sockets {
                    holds_no_more_in_all_bodies_of_a_pipeline
                    stops_all_streams_of_a_pipeline
                    stops_reading_at_the_high_watermark
                    takes_the_end_of_a_body_that_came_at_once
                    takes_large_bodies_and_what_is_behind_them
                    stops_a_fast_writer
                    stops_a_writer_whose_client_keeps_up
                }
            }
            broken {
                everywhere {
                    breaks_off
                    sends_what_was_written_before_it_breaks_off
                    breaks_off_behind_a_whole_response
                    breaks_off_before_an_earlier_response
                    breaks_when_a_known_length_is_exceeded
                    breaks_when_a_known_length_is_not_reached
                    answers_500_for_a_wrong_length_that_nobody_saw
                }
            }
            differential {
                everywhere {
                    answers_any_requests_as_they_are_decoded
                }
            }
            pipelines {
                everywhere {
                    writes_whole_and_streamed_responses_in_order
                    writes_all_that_waits_behind_a_slow_stream
                    writes_nothing_behind_the_last_response
                }
            }
            refusals {
                everywhere {
                    refuses_what_the_protocol_refuses
                    refuses_behind_earlier_answers
                    refuses_a_broken_body
                    refuses_no_body_whose_request_was_answered
                    refuses_tunnels
                    refuses_a_large_body
                    lingers_after_a_refusal_within_a_last_body
                    decodes_nothing_behind_a_refusal
                }
                memory {
                    tells_why_a_body_failed
                }
            }
            deadlines {
                everywhere {
                    ends_a_head_that_does_not_come
                    ends_a_connection_that_says_nothing
                    ends_a_body_that_stops
                    ends_a_body_that_takes_too_long
                    ends_an_idle_connection
                    ends_a_client_that_takes_nothing
                    ends_a_silent_stream_to_a_client_that_half_closed
                }
                memory {
                    ends_a_head_once_behind_a_slow_response
                    bears_a_head_that_is_not_read
                    bears_a_body_that_is_not_read
                    ends_a_body_that_stops_behind_a_head
                    ends_a_body_that_trickles
                    ends_a_handler_that_takes_too_long
                    ends_whichever_handler_takes_too_long
                    ends_a_slow_body_after_the_response
                    sets_the_deadline_of_one_exchange
                    keeps_a_slow_stream_to_a_client_that_half_closed
                }
            }
            interim {
                everywhere {
                    informs_before_the_response
                    informs_in_order_and_nobody_of_http_1_0
                    tells_a_client_to_continue
                    holds_no_more_interim_responses_than_a_stream
                    tells_the_trailers_of_a_request
                }
            }
            tunnels {
                everywhere {
                    carries_bytes_both_ways
                    keeps_what_came_before_the_switch
                    goes_on_when_one_side_has_ended
                    resets_a_tunnel_that_fails
                    resets_a_tunnel_whose_client_goes_on
                    tells_earlier_requests_of_a_client_that_left
                    switches_nothing_behind_the_last_response
                    holds_no_more_of_a_tunnel_than_of_a_body
                    answers_what_it_does_not_switch
                    switches_only_what_asks_for_it
                    tunnels_for_connect_where_that_is_taken
                    tells_of_a_time_that_was_set
                    says_what_of_a_tunnel_is_unsent
                }
                memory {
                    keeps_a_tunnel_that_is_silent
                }
            }
            encoded {
                everywhere {
                    sends_what_an_application_encodes
                    ends_connections_whose_responses_are_whole
                    keeps_encoded_responses_in_order
                    closes_behind_the_last_encoded_response
                    closes_encoded_responses_where_it_must
                    resets_an_encoded_response_that_breaks_off
                    makes_a_tunnel_that_the_application_answers
                    tells_of_connections
                    ends_connections_in_order
                    ends_connections_at_once
                    ends_a_connection_by_a_reset
                    tells_what_is_no_request
                    tells_what_is_no_whole_request
                }
                memory {
                    takes_other_deadlines
                }
            }
            http2 {
                everywhere {
                    answers_a_stream
                    begins_however_the_preface_is_split
                    refuses_http_2_where_it_is_off
                    refuses_what_is_neither_protocol
                    answers_streams_in_any_order
                    leaves_bodies_out_of_streams
                    streams_trailers_of_responses
                    informs_on_streams
                    refuses_streams_as_it_refuses_requests
                    refuses_lists_of_fields_that_are_too_large
                }
            }
            http2_bodies {
                everywhere {
                    reads_bodies_of_streams
                    gives_windows_back_as_bodies_are_read
                    stops_writers_at_the_clients_windows
                    sends_large_bodies_of_many_streams
                    asks_not_to_be_sent_what_is_answered
                    keeps_bodies_of_streams
                }
            }
            http2_ends {
                everywhere {
                    breaks_streams_off
                    ends_a_connection_that_breaks_a_rule
                    drains_streams
                    ends_an_idle_connection_that_drains
                    ends_a_connection_for_the_application
                    ends_streams_of_a_client_that_left
                    ends_clients_that_reset_without_end
                }
                memory {
                    ends_heads_and_silences_of_frames
                    ends_streams_that_stop
                }
            }
            http2_waits {
                everywhere {
                    sends_no_content_to_a_refused_head_request
                    serves_no_head_that_is_not_whole_when_it_drains
                    always_tells_a_client_that_waits_to_send
                    takes_turns_at_the_window_of_all
                }
                memory {
                    waits_for_bodies_behind_their_windows
                    waits_for_bodies_behind_continue
                    is_idle_since_its_last_stream
                }
            }
            life {
                everywhere {
                    aborts_when_the_client_resets
                    shows_requests_of_a_client_that_left_at_once
                    answers_a_client_that_half_closed
                    drains_to_the_end
                    answers_what_is_on_the_wire_while_draining
                    is_through_before_a_client_ends_its_connection
                    aborts_everything
                    never_uses_an_id_twice
                }
                sockets {
                    ends_idle_connections_at_once
                    serves_several_listeners
                    accepts_no_more_than_the_bound
                    holds_the_bound_in_a_rush
                    counts
                }
            }
            listeners {
                sockets {
                    serves_a_listener_that_is_added
                    serves_who_came_as_another_closed_the_same_socket
                    tells_of_connections_once_they_are_secure
                    bounds_heads_by_listener
                    takes_requests_without_a_host_by_listener
                    closes_one_listener_and_serves_the_other
                    drains_one_listener_alone
                    aborts_one_listener_alone
                    ends_the_connections_of_one_listener
                    uses_a_slot_again_with_nothing_of_the_last
                    hands_connections_to_the_listener_of_their_place
                    serves_nobody_whose_listener_is_not_there
                }
                memory {
                    has_deadlines_for_each_listener
                }
            }
            adopted {
                sockets {
                    ends_an_adopted_connection_in_time
                    ends_an_adopted_connection_that_never_asked
                    adopts_no_more_than_the_bound
                    ends_an_adopted_connection_whose_client_left
                    drains_an_adopted_connection
                }
            }
            secure {
                sockets {
                    answers_by_tls
                    answers_by_each_version
                    tells_what_was_agreed_upon
                    tells_all_requests_of_a_connection_the_same
                    tells_nothing_of_clear_text
                    takes_a_session_up_again
                    gives_up_half_a_handshake
                    answers_plain_http_in_clear
                    says_what_is_wrong_with_a_record
                    answers_tls_on_a_plain_port
                    carries_large_bodies_both_ways
                    resets_a_client_that_reads_nothing
                    aborts_a_tunnel_that_is_cut
                    drains_with_a_last_word
                    drains_instead_of_being_given_up
                    begins_tls_where_a_new_client_is_taken_to
                    makes_many_handshakes_and_serves_meanwhile
                }
            }
            secure_bounds {
                sockets {
                    takes_no_request_in_clear_behind_a_failure
                    takes_no_body_in_clear_behind_a_failure
                    aborts_streams_of_a_session_that_fails
                    ends_a_tunnel_with_a_last_word
                    bounds_a_handshake_in_small_pieces
                    bounds_steps_of_clients_that_have_ended
                }
            }
            identities {
                sockets {
                    knows_clients_by_their_certificates
                    turns_clients_without_a_certificate_away
                    tells_who_is_not_authorized
                    shows_the_certificate_that_is_asked_for
                    begins_with_other_settings_once_they_have_changed
                }
            }
            hand_over {
                sockets {
                    goes_on_in_another_engine
                    loses_no_byte_on_the_way
                    moves_a_connection_that_said_nothing
                    moves_a_unix_socket
                    keeps_a_connection_that_has_a_request
                    keeps_a_connection_with_a_part_of_a_head
                    gives_every_connection_up_once_it_is_idle
                    answers_what_it_has_read_before_it_gives_up
                    finishes_a_body_before_it_gives_up
                    closes_what_is_left_when_it_drains_after_all
                    keeps_a_connection_that_becomes_a_tunnel
                    leaves_clients_to_others
                    gives_new_connections_up
                    gives_up_clients_it_has_no_room_for
                    waits_for_nobody_when_it_is_aborted
                    loses_nothing_between_two_engines
                }
            }
        }
    };
}
