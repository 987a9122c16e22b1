//! What every engine has to do: a list of cases that knows no engine.
//!
//! An engine's test file gives a [`Start`] function to [`engine_cases!`]; every case becomes a test. Engines run them over
//! real sockets; what they have in common, `howth_connection`, runs those that need none in memory, with a clock that the
//! test moves. Owns the cases, the application and the client in them. Never starts an engine.

#![expect(missing_docs, reason = "a case's name says what it promises")]

pub mod adopted;
pub mod bodies;
pub mod bounds;
pub mod broken;
mod client;
pub mod deadlines;
pub mod differential;
pub mod hand_over;
mod harness;
pub mod interim;
pub mod kept;
pub mod life;
pub mod messages;
pub mod pipelines;
mod place;
pub mod refusals;
pub mod responses;
pub mod streams;
pub mod tunnels;

pub use harness::{Command, Listen, MakeHandler, Running, Start};
pub use place::{Memory, Stream, wait_in};

/// Makes a test of every case for the engine that `$start` starts, or of those named. Deadlines that a busy machine would
/// make a matter of luck, because the test has to do something before they pass, are tested in memory alone.
#[macro_export]
macro_rules! engine_cases {
    ($start:path: $($group:ident { $($case:ident)* })*) => {
        $(mod $group {
            $(#[test]
            fn $case() {
                $crate::$group::$case($start);
            })*
        })*
    };
    ($start:path) => {
        $crate::engine_cases! { $start:
            messages {
                answers_hello
                answers_thousands_of_requests_on_one_connection
                answers_many_connections
                keeps_the_order_of_pipelined_requests
                answers_requests_that_arrive_byte_by_byte
                hands_over_the_head_as_sent
                answers_http_1_0
                closes_after_connection_close
                takes_any_target_form_and_method
                serves_a_unix_socket
            }
            responses {
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
            bodies {
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
            kept {
                reads_what_comes_after_the_response
                keeps_a_body_that_had_arrived
                reads_a_large_body_after_the_response
                reads_the_rest_behind_a_large_response
                reads_the_rest_before_a_last_connection_ends
                ends_a_response_until_the_close_before_a_kept_body
                keeps_no_more_of_a_body_nobody_reads
                ends_a_kept_body_when_the_client_leaves
                goes_on_when_a_kept_body_is_cancelled
                keeps_nothing_that_was_not_asked_for
            }
            streams {
                streams_chunks
                streams_a_known_length
                streams_until_close_to_http_1_0
                streams_trailers
                tells_a_stream_of_a_client_that_left
                echoes_both_ways_at_once
                leaves_a_streamed_body_out_after_head
            }
            bounds {
                holds_no_more_in_all_bodies_of_a_pipeline
                takes_no_request_while_responses_wait
                stops_all_streams_of_a_pipeline
                stops_reading_at_the_high_watermark
                takes_the_end_of_a_body_that_came_at_once
                takes_large_bodies_and_what_is_behind_them
                stops_a_fast_writer
                stops_a_writer_whose_client_keeps_up
            }
            broken {
                breaks_off
                sends_what_was_written_before_it_breaks_off
                breaks_off_behind_a_whole_response
                breaks_off_before_an_earlier_response
                breaks_when_a_known_length_is_exceeded
                breaks_when_a_known_length_is_not_reached
                answers_500_for_a_wrong_length_that_nobody_saw
            }
            differential {
                answers_any_requests_as_they_are_decoded
            }
            pipelines {
                writes_whole_and_streamed_responses_in_order
                writes_all_that_waits_behind_a_slow_stream
                writes_nothing_behind_the_last_response
            }
            refusals {
                refuses_what_the_protocol_refuses
                refuses_behind_earlier_answers
                refuses_a_broken_body
                refuses_no_body_whose_request_was_answered
                refuses_tunnels
                refuses_a_large_body
                lingers_after_a_refusal_within_a_last_body
                decodes_nothing_behind_a_refusal
            }
            deadlines {
                ends_a_head_that_does_not_come
                ends_a_connection_that_says_nothing
                ends_a_body_that_stops
                ends_an_idle_connection
                ends_a_client_that_takes_nothing
                ends_a_silent_stream_to_a_client_that_half_closed
            }
            interim {
                informs_before_the_response
                informs_in_order_and_nobody_of_http_1_0
                tells_a_client_to_continue
                holds_no_more_interim_responses_than_a_stream
                tells_the_trailers_of_a_request
            }
            tunnels {
                carries_bytes_both_ways
                keeps_what_came_before_the_switch
                goes_on_when_one_side_has_ended
                resets_a_tunnel_that_fails
                resets_a_tunnel_whose_client_goes_on
                tells_earlier_requests_of_a_client_that_left
                holds_no_more_of_a_tunnel_than_of_a_body
                answers_what_it_does_not_switch
                switches_only_what_asks_for_it
                tunnels_for_connect_where_that_is_taken
            }
            life {
                aborts_when_the_client_resets
                shows_requests_of_a_client_that_left_at_once
                answers_a_client_that_half_closed
                drains_to_the_end
                answers_what_is_on_the_wire_while_draining
                ends_idle_connections_at_once
                is_through_before_a_client_ends_its_connection
                aborts_everything
                serves_several_listeners
                accepts_no_more_than_the_bound
                holds_the_bound_in_a_rush
                never_uses_an_id_twice
                counts
            }
            adopted {
                ends_an_adopted_connection_in_time
                ends_an_adopted_connection_that_never_asked
                adopts_no_more_than_the_bound
                ends_an_adopted_connection_whose_client_left
                drains_an_adopted_connection
            }
            hand_over {
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
    };
}
