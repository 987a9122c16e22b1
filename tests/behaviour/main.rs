//! What howth does, seen from outside: the built command, real sockets, both engines.
//!
//! Every test starts processes of its own on free ports and ends them. No test asserts how fast something is;
//! waits are generous bounds on things that must happen at all.

#[macro_use]
mod support;

mod answers;
mod api;
mod balance;
mod bench;
mod bodies;
mod body_readers;
mod broadcast;
mod cache;
mod children;
mod classes;
mod connections;
mod deadlines;
mod earlier;
mod echoes;
mod errors;
mod examples;
mod fallback;
mod file_bodies;
mod form_data;
mod hand_over;
mod http_cases;
mod kv;
mod late_bodies;
mod leaving_clients;
mod left_out;
mod limits;
mod memory;
mod modules;
mod native_addons;
mod node_start;
mod options;
mod overload;
mod parent_channel;
mod pinning;
mod process_events;
mod ready_routes;
mod reload;
mod reload_under_load;
mod response_streams;
mod routes;
mod run;
mod signals;
mod sleep;
mod startup;
mod stop;
mod streaming;
mod topics;
mod tsconfig;
mod typescript;
mod uncaught;
mod upgrade;
mod urls;
mod usage;
mod watch;
mod worst_case;
