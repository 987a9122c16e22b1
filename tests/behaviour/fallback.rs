//! Where io_uring cannot be had, and where it is not wanted.

use crate::support::{Engine, Launch};

const HELLO: &str = "export default () => new Response('hi');";

#[test]
fn auto_serves_by_io_uring_where_it_works() {
    if Engine::io_uring().is_none() {
        return;
    }
    let server = Launch::serve(Engine::IoUring, HELLO).any_engine().start();
    assert!(
        server.start_line().contains("io_uring"),
        "{}",
        server.start_line()
    );
    assert!(
        !server.start_line().contains("portable"),
        "{}",
        server.start_line()
    );
    assert_eq!(server.get("/").text(), "hi");
}

#[test]
fn auto_falls_back_where_seccomp_denies_io_uring_and_says_why() {
    let server = Launch::serve(Engine::Portable, HELLO)
        .any_engine()
        .without_io_uring()
        .start();
    let line = server.start_line();
    assert!(line.contains("portable engine: "), "{line}");
    if cfg!(feature = "uring") {
        assert!(line.contains("EPERM") && line.contains("seccomp"), "{line}");
    }
    assert_eq!(server.get("/").text(), "hi");
}

#[test]
fn require_ends_with_the_cause_and_the_remedy() {
    for (option, variable) in [
        (Some("--uring"), None),
        (Some("--uring=require"), None),
        (None, Some("require")),
        (None, Some("1")),
    ] {
        let mut launch = Launch::serve(Engine::Portable, HELLO)
            .any_engine()
            .without_io_uring();
        if let Some(option) = option {
            launch = launch.options([option]);
        }
        if let Some(value) = variable {
            launch = launch.environment("HOWTH_URING", value);
        }
        let finished = launch.finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let complaint = finished.complaint();
        assert!(
            complaint.contains("io_uring") && complaint.contains("; "),
            "{complaint}"
        );
        if cfg!(feature = "uring") {
            assert!(
                complaint.contains("EPERM") && complaint.contains("seccomp"),
                "{complaint}"
            );
        }
    }
}

#[test]
fn off_never_tries() {
    for (option, variable) in [
        (Some("--uring=off"), None),
        (None, Some("off")),
        (None, Some("0")),
    ] {
        let mut launch = Launch::serve(Engine::Portable, HELLO).any_engine();
        if let Some(option) = option {
            launch = launch.options([option]);
        }
        if let Some(value) = variable {
            launch = launch.environment("HOWTH_URING", value);
        }
        let server = launch.start();
        assert!(
            server.start_line().contains("portable engine"),
            "{}",
            server.start_line()
        );
        assert!(!server.start_line().contains("EPERM"), "{}", server.start_line());
        assert_eq!(server.get("/").text(), "hi");
    }
}

#[test]
fn an_option_wins_over_the_variable() {
    let server = Launch::serve(Engine::Portable, HELLO)
        .environment("HOWTH_URING", "require")
        .start();
    assert!(
        server.start_line().contains("portable engine"),
        "{}",
        server.start_line()
    );
}
