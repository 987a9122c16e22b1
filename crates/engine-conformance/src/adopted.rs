//! Connections that came from another engine.

use std::time::Duration;

use howth_engine::{Deadlines, EngineOptions, Event};

use super::client::{Client, manual};
use super::hand_over::{GET, named, named_with, served};
use super::harness::Start;

/// Silences are those of an engine under test; only their order counts.
fn impatient() -> EngineOptions {
    EngineOptions {
        deadlines: Deadlines {
            head: Some(Duration::from_secs(1)),
            keep_alive: Some(Duration::from_secs(1)),
            ..Deadlines::default()
        },
        ..EngineOptions::default()
    }
}

pub fn ends_an_adopted_connection_in_time(start: Start) {
    let first = named(start, "first");
    let options = EngineOptions {
        deadlines: Deadlines {
            head: None,
            ..impatient().deadlines
        },
        ..impatient()
    };
    let second = named_with(start, "second", options);
    let mut client = served(&first);
    // An engine that slept for longer than its deadlines begins them now.
    first.pass(Duration::from_millis(1200));
    first.release_idle(1);
    second.adopt(first.next_released()).expect("there is room");
    assert_eq!(client.get("/").text(), "second");
    client.expect_end();
}

pub fn ends_an_adopted_connection_that_never_asked(start: Start) {
    let first = named(start, "first");
    let options = EngineOptions {
        deadlines: Deadlines {
            keep_alive: None,
            ..impatient().deadlines
        },
        ..impatient()
    };
    let second = named_with(start, "second", options);
    let mut client = Client::connect(&first);
    first.wait_for(|counters| counters.connections == 1);
    first.release_idle(1);
    second.adopt(first.next_released()).expect("there is room");
    client.expect_end();
}

pub fn adopts_no_more_than_the_bound(start: Start) {
    let first = named(start, "first");
    let options = EngineOptions {
        connections_max: 1,
        ..EngineOptions::default()
    };
    let second = named_with(start, "second", options);
    let (mut moved, mut refused) = (served(&first), served(&first));
    first.release_idle(usize::MAX);
    let mut released = Vec::new();
    while released.len() < 2 {
        released.extend(first.take_released());
    }
    let refusals = released
        .into_iter()
        .filter_map(|handed| second.adopt(handed).err());
    let mut refusals: Vec<_> = refusals.collect();
    assert_eq!(refusals.len(), 1);
    let refusal = refusals.pop().expect("one");
    first.adopt(refusal).expect("there is room");
    let mut names = [
        moved.get("/").text().to_owned(),
        refused.get("/").text().to_owned(),
    ];
    names.sort();
    assert_eq!(names, ["first", "second"]);
}

pub fn ends_an_adopted_connection_whose_client_left(start: Start) {
    let (first, second) = (named(start, "first"), named(start, "second"));
    for resets in [false, true] {
        let client = served(&first);
        first.release_idle(1);
        let handed = first.next_released();
        if resets {
            client.reset();
        } else {
            drop(client);
        }
        second.adopt(handed).expect("there is room");
        second.wait_for(|counters| counters.connections == 0);
    }
}

pub fn drains_an_adopted_connection(start: Start) {
    let (first, second) = (named(start, "first"), named(start, "second"));
    let mut client = served(&first);
    first.release_idle(1);
    let handed = first.next_released();
    // It keeps the engine from being through.
    let (held, mut asking) = manual(start);
    asking.send(GET);
    let id = held.next_request();
    held.drain();
    held.adopt(handed).expect("there is room");
    client.expect_end();
    held.respond(id, "last");
    asking.expect_end_after_response();
    drop((client, asking));
    held.expect(Event::Completed(id));
    held.join();
    drop(second);
}
