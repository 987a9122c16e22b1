//! What is typed becomes the options of the run.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: HttpArguments,
}

fn parsed(line: &str) -> Options {
    let words = ["http"].into_iter().chain(line.split_whitespace());
    options(&Line::parse_from(words).arguments).expect("valid options")
}

#[test]
fn without_options_the_generator_keeps_its_own_defaults() {
    let url = "http://127.0.0.1:3000/";
    let (parsed, defaults) = (parsed(url), Options::new(url));
    assert_eq!(format!("{parsed:?}"), format!("{defaults:?}"));
}

#[test]
fn every_option_arrives() {
    let hash = "00ff".repeat(16);
    let line = format!(
        "-n 7 -c 3 -R 50.5 -p 4 -t 2 --warm-up 1s --timeout 2s --no-keep-alive -m PUT -H a:b -H x:y -b text \
         --expect-status 200,204 --expect-length 9 --expect-sha256 {hash} -k --full-handshakes --yes-remote http://127.0.0.1/"
    );
    let options = parsed(&line);
    assert_eq!(
        (options.stop, options.pace),
        (Stop::Requests(7), Pace::Rate(50.5))
    );
    assert_eq!(
        (options.connections, options.pipelining, options.threads),
        (3, 4, 2)
    );
    assert_eq!(
        (options.warm_up, options.timeout),
        (Duration::from_secs(1), Duration::from_secs(2))
    );
    assert!(!options.keep_alive && options.accept_any_certificate && options.yes_remote);
    assert!(!options.resume_sessions);
    assert_eq!(
        (options.method.as_str(), options.body.as_slice()),
        ("PUT", &b"text"[..])
    );
    let fields = [("a", "b"), ("x", "y")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(options.fields, fields);
    assert_eq!(
        (options.expect.statuses, options.expect.body_bytes),
        (vec![200, 204], Some(9))
    );
    assert_eq!(
        options.expect.body_sha256.map(|hash| (hash[0], hash[1])),
        Some((0, 255))
    );
}

#[test]
fn a_body_is_posted_unless_a_method_is_named() {
    assert_eq!(parsed("-b x http://127.0.0.1/").method, "POST");
    assert_eq!(parsed("-b x -m GET http://127.0.0.1/").method, "GET");
}

#[test]
fn fields_and_hashes_have_a_shape() {
    assert_eq!(parse_field("a:  b c "), Ok(("a".to_owned(), "b c".to_owned())));
    for wrong in ["", "a", ": b"] {
        assert!(parse_field(wrong).is_err(), "{wrong:?} was taken");
    }
    for wrong in ["", "00", "g0", &"0".repeat(63), &"é".repeat(32)] {
        assert!(parse_sha256(wrong).is_err(), "{wrong:?} was taken");
    }
}
