//! What every engine has to do, over real sockets: a list of cases that knows no engine.
//!
//! An engine's test file gives a [`Start`] function to [`engine_cases!`]; every case becomes a test.

pub mod bodies;
mod client;
pub mod deadlines;
mod harness;
pub mod life;
pub mod messages;
pub mod refusals;
pub mod streams;

pub use harness::{Command, Listen, MakeHandler, Running};

/// Makes a test of every case for the engine that `$start` starts.
macro_rules! engine_cases {
    ($start:path: $($group:ident { $($case:ident)* })*) => {
        $(mod $group {
            $(#[test]
            fn $case() {
                crate::cases::$group::$case($start);
            })*
        })*
    };
    ($start:path) => {
        engine_cases! { $start:
            messages {
                answers_hello
                answers_thousands_of_requests_on_one_connection
                answers_many_connections
                keeps_the_order_of_pipelined_requests
                answers_requests_that_arrive_byte_by_byte
                hands_over_the_head_as_sent
                answers_head_without_a_body
                answers_statuses_without_a_body
                answers_http_1_0
                closes_after_connection_close
                takes_any_target_form_and_method
                writes_reason_phrases
                refuses_a_second_answer
                answers_an_invalid_response_with_500
                sends_large_bodies
                serves_a_unix_socket
            }
        }
    };
}
pub(crate) use engine_cases;
