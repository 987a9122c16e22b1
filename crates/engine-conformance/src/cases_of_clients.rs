//! The cases of who a client is, and how much of it is served, as `cases.rs` has the others.
//!
//! Owns this part of the list. Called by: `engine_cases!`.

/// Makes tests of these cases.
#[doc(hidden)]
#[macro_export]
macro_rules! client_cases {
    ($place:ident: $start:path) => {
        $crate::placed::place_cases! { @all $place $start:
            announced {
                sockets {
                    knows_whom_a_header_names
                    reads_a_header_however_it_is_split
                    knows_the_socket_where_a_header_names_nobody
                    answers_nothing_to_what_is_no_header
                    gives_up_half_a_header
                    takes_a_header_from_nobody_else
                    reads_a_header_before_tls
                    tells_of_connections_once_they_are_announced
                    knows_in_another_engine_whom_a_header_named
                    takes_a_header_where_a_new_client_is_taken_to
                    takes_a_header_by_a_unix_socket
                    believes_trusted_proxies
                    believes_nobody_else
                    believes_a_proxy_that_a_header_names
                }
            }
            counted {
                sockets {
                    closes_connections_beyond_the_bound
                    counts_whom_a_header_names
                    counts_a_connection_once_in_two_engines
                    gives_connections_back_that_are_aborted
                    refuses_requests_beyond_the_bound
                    refuses_a_request_with_a_body_and_goes_on
                    counts_requests_of_whom_proxies_name
                    gives_back_requests_that_are_aborted
                    counts_streams
                    counts_nothing_twice_in_a_drain
                }
            }
            added {
                everywhere {
                    adds_fields_to_responses
                    adds_fields_to_streams_of_unknown_length
                    adds_fields_once
                    adds_fields_to_all_responses
                }
                sockets {
                    adds_fields_to_http2
                }
            }
            coded {
                everywhere {
                    decodes_bodies_as_they_are_read
                    leaves_other_codings_as_they_are
                    refuses_bodies_that_do_not_decode
                    refuses_bodies_that_decode_to_too_much
                }
                sockets {
                    decodes_bodies_of_http2
                    refuses_more_coded_bodies_than_it_decodes
                }
            }
            named {
                everywhere {
                    names_requests_and_their_responses
                    believes_no_name_of_a_client
                    keeps_the_name_that_an_application_gives
                }
                sockets {
                    keeps_names_of_trusted_proxies
                    names_streams
                }
            }
        }
    };
}

#[doc(hidden)]
pub use client_cases;
