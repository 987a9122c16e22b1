//! Cores that panic, with a real program and real clients.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use howth_supervision::{ListenOptions, Pinning};

use super::*;
use crate::core::fault;
use crate::options::EngineChoice;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers with what tells one core from the other.
const PROGRAM: &str = "const core = crypto.randomUUID(); export default () => new Response(core);";

fn options(entry: &Path, address: SocketAddr, engine: EngineChoice) -> Options {
    Options {
        entry: entry.to_owned(),
        arguments: Vec::new(),
        start: crate::options::Start::default(),
        cache: None,
        listen: ListenOptions {
            port: Some(address.port()),
            host: Some(address.ip().to_string()),
            ..ListenOptions::default()
        },
        tls: None,
        redirect_http: None,
        engine,
        cores: NonZeroUsize::new(2),
        pinning: Pinning::Off,
        engine_options: howth_engine::EngineOptions::default(),
        heap_bytes_max: None,
        v8_flags: Vec::new(),
        unhandled_rejections: None,
        uncaught_exceptions: None,
        development: false,
        compression: None,
        logs_requests: false,
        server_timing: false,
        watch: false,
        pid_file: None,
        reload_check: None,
        health: None,
        handler_cpu_limit: None,
        queue_delay_max: None,
        shares_work: true,
        affinity: None,
        kv_bytes_max: 1 << 20,
        cache_bytes_max: 1 << 20,
        drain: Duration::from_secs(10),
        folders: Vec::new(),
        redirects: Vec::new(),
        rate_limit: None,
        trace: false,
        inspect: None,
        quiet: true,
    }
}

fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound")
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The core that answers; `None`: the connection has ended.
fn ask(connection: &mut TcpStream) -> Option<String> {
    connection.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    connection
        .write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")
        .ok()?;
    let (mut received, mut chunk) = (Vec::new(), [0; 1024]);
    loop {
        let length = connection.read(&mut chunk).ok().filter(|length| *length > 0)?;
        received.extend_from_slice(&chunk[..length]);
        let text = std::str::from_utf8(&received).expect("a text");
        // The answer is an identifier of 36 characters.
        if let Some((_, core)) = text.split_once("\r\n\r\n").filter(|(_, core)| core.len() == 36) {
            return Some(core.to_owned());
        }
    }
}

fn connect(address: SocketAddr) -> Option<TcpStream> {
    TcpStream::connect(address).ok()
}

/// A connection to each of the two cores.
fn connections(address: SocketAddr) -> [TcpStream; 2] {
    let mut found: Vec<(String, TcpStream)> = Vec::new();
    wait_for("an answer of each core", || {
        let answered = connect(address).and_then(|mut connection| Some((ask(&mut connection)?, connection)));
        if let Some((core, connection)) = answered
            && found.iter().all(|(known, _)| *known != core)
        {
            found.push((core, connection));
        }
        found.len() == 2
    });
    let mut found = found.into_iter().map(|(_, connection)| connection);
    std::array::from_fn(|_| found.next().expect("two"))
}

/// Has one core panic, which ends one of the connections; gives the other.
fn panic_one([mut one, mut other]: [TcpStream; 2]) -> TcpStream {
    fault::arrange();
    // Wakes a core. Which one panics is not said: this one may answer while it still sleeps in its ring.
    ask(&mut one);
    wait_for("a panic", fault::is_over);
    // Who panics answers no more.
    let survivors = [&mut one, &mut other].map(|connection| ask(connection).is_some());
    match survivors {
        [true, false] => one,
        [false, true] => other,
        survivors => panic!("the cores that serve on: {survivors:?}"),
    }
}

fn one_panic_and_the_end(address: SocketAddr) {
    let mut other = panic_one(connections(address));
    // Both cores serve again.
    drop(connections(address));
    assert!(ask(&mut other).is_some(), "the other core stopped");
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM)
        .expect("a signal to this process");
}

fn panics_until_the_end(address: SocketAddr) {
    wait_for("a first answer", || {
        connect(address).is_some_and(|mut connection| ask(&mut connection).is_some())
    });
    wait_for("the end", || {
        fault::arrange();
        connect(address).is_none_or(|mut connection| {
            ask(&mut connection);
            false
        })
    });
}

/// Serves on two cores while `client` is busy.
fn serve(engine: EngineChoice, client: fn(SocketAddr)) -> Result<ExitCode, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let entry = folder.path().join("app.js");
    std::fs::write(&entry, PROGRAM).expect("a file");
    let address = free_address();
    let client = std::thread::spawn(move || client(address));
    let ended = serve_on_cores(
        Mode::Serve,
        options(&entry, address, engine),
        Inherited::default(),
    );
    client.join().expect("a client that is content");
    ended
}

/// One test, because V8 is started once, by the thread that starts the cores.
#[test]
fn a_core_that_panics_starts_again_but_not_for_ever() {
    isolate::initialize(&[]).expect("no flags");
    for engine in [EngineChoice::Auto, EngineChoice::Off] {
        let ended = serve(engine, one_panic_and_the_end).expect("an end in order");
        assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::from(1)));
        let ended = serve(engine, panics_until_the_end);
        assert!(
            matches!(
                ended,
                Err(Error::Supervision(supervision::Error::Panicked { .. }))
            ),
            "{ended:?}"
        );
        // One may be left that no core came to.
        fault::forget();
    }
}
