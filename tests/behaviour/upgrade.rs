//! Upgrade: another howth process takes the place of one, with its listening sockets.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Connection, Engine, Launch, Server, eventually, request};

fn application(version: &str) -> String {
    format!(
        "console.log('{version} is loaded');
        export default async (request: Request) => {{
            if (request.url.endsWith('/slow')) {{
                console.log('in flight');
                await new Promise((resolve) => setTimeout(resolve, 1500));
            }}
            return new Response(`{version} ${{process.pid}}`);
        }};"
    )
}

/// A server that can be upgraded, and whatever has taken its place.
struct Upgradable {
    server: Server,
    pid_file: PathBuf,
    first: String,
}

impl Upgradable {
    fn start(engine: Engine, options: &[&str]) -> Upgradable {
        let server = Launch::serve(engine, &application("one"))
            .options(["--cores", "2", "--pid-file", "howth.pid"])
            .options(options.iter().copied())
            .start();
        let pid_file = server.folder().join("howth.pid");
        eventually("a program on each core, and a process id", || {
            server.stdout().matches("one is loaded").count() == 2 && pid_file.exists()
        });
        let first = std::fs::read_to_string(&pid_file).expect("a process id");
        Upgradable {
            server,
            pid_file,
            first,
        }
    }

    fn change(&self, source: &str) {
        std::fs::write(self.server.folder().join("app.ts"), source).expect("a file");
        self.server.signal(libc::SIGUSR2);
    }

    fn current(&self) -> Option<String> {
        std::fs::read_to_string(&self.pid_file).ok()
    }

    /// The id of the process that has taken the place of the first.
    #[track_caller]
    fn successor(&self) -> libc::pid_t {
        eventually("the id of another process", || {
            self.current()
                .is_some_and(|current| current != self.first && current.ends_with('\n'))
        });
        let current = self.current().expect("a process id");
        current.trim().parse().expect("a number")
    }
}

impl Drop for Upgradable {
    fn drop(&mut self) {
        let Some(current) = self.current().filter(|current| *current != self.first) else {
            return;
        };
        if let Ok(number) = current.trim().parse::<libc::pid_t>() {
            // SAFETY: kill takes two integers; the file is removed by its process at the end, so the id is that process's.
            unsafe { libc::kill(number, libc::SIGKILL) };
        }
    }
}

on_both_engines![
    another_process_serves_on_the_same_port,
    no_connection_is_refused_meanwhile,
    a_process_that_fails_changes_nothing,
    a_binary_that_is_gone_is_told_by_its_error,
    nothing_of_it_is_left_in_the_environment,
    a_unix_domain_socket_is_taken_over,
    without_a_pid_file_the_signal_is_the_programs,
];

fn another_process_serves_on_the_same_port(engine: Engine) {
    let mut upgradable = Upgradable::start(engine, &[]);
    let mut slow = upgradable.server.connect();
    slow.send(request("GET", "/slow"));
    upgradable.server.wait_for_output("in flight");
    upgradable.change(&application("two"));
    // What is in flight is finished by the first.
    let response = slow.response();
    assert!(
        response.text().starts_with("one") && response.closes(),
        "{response:?}"
    );
    assert_eq!(upgradable.server.wait().code(), Some(0));
    let successor = upgradable.successor();
    for _ in 0..20 {
        assert_eq!(upgradable.server.get("/").text(), format!("two {successor}"));
    }
    // SAFETY: kill takes two integers; the process has just answered.
    assert_eq!(unsafe { libc::kill(successor, libc::SIGTERM) }, 0);
    eventually("the end of the second process", || upgradable.current().is_none());
}

fn no_connection_is_refused_meanwhile(engine: Engine) {
    let mut upgradable = Upgradable::start(engine, &[]);
    let (address, is_over) = (upgradable.server.address(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut last = String::new();
            while !is_over.load(Ordering::Relaxed) {
                let mut connection = Connection::tcp(address);
                connection.send("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
                last = connection.response().text().to_owned();
            }
            last
        });
        upgradable.change(&application("two"));
        let ended = upgradable.server.wait();
        is_over.store(true, Ordering::Relaxed);
        let last = client.join().expect("a client that is answered each time");
        assert!(last.starts_with("two"), "{last}");
        assert_eq!(ended.code(), Some(0));
    });
}

fn a_process_that_fails_changes_nothing(engine: Engine) {
    let upgradable = Upgradable::start(engine, &[]);
    upgradable.change("export default {{{");
    upgradable
        .server
        .wait_for_output("howth: not upgraded, this process serves on: it ended before it served");
    assert_eq!(upgradable.current().as_ref(), Some(&upgradable.first));
    for _ in 0..20 {
        assert!(upgradable.server.get("/").text().starts_with("one"));
    }
    upgradable.change(&application("two"));
    upgradable.successor();
}

fn a_binary_that_is_gone_is_told_by_its_error(engine: Engine) {
    let server = Launch::serve(engine, &application("one"))
        .by_a_copy()
        .options(["--pid-file", "howth.pid"])
        .start();
    std::fs::remove_file(server.folder().join("howth")).expect("a copy of the binary");
    server.signal(libc::SIGUSR2);
    server.wait_for_output(
        "howth: not upgraded, this process serves on: cannot start it (No such file or directory",
    );
    assert!(server.get("/").text().starts_with("one"));
}

fn nothing_of_it_is_left_in_the_environment(engine: Engine) {
    let mut upgradable = Upgradable::start(engine, &[]);
    upgradable.change(
        "const names = Object.keys(process.env).filter((name) => name.startsWith('LISTEN_'));
        export default () => new Response(`names: ${names}`);",
    );
    assert_eq!(upgradable.server.wait().code(), Some(0));
    assert_eq!(upgradable.server.get("/").text(), "names: ");
}

fn a_unix_domain_socket_is_taken_over(engine: Engine) {
    let server = Launch::serve(engine, &application("one"))
        .own_address()
        .options(["--pid-file", "howth.pid", "--unix", "howth.sock"])
        .start();
    let pid_file = server.folder().join("howth.pid");
    eventually("a process id", || pid_file.exists());
    let first = std::fs::read_to_string(&pid_file).expect("a process id");
    let mut upgradable = Upgradable {
        server,
        pid_file,
        first,
    };
    let path = upgradable.server.folder().join("howth.sock");
    upgradable.change(&application("two"));
    assert_eq!(upgradable.server.wait().code(), Some(0));
    let successor = upgradable.successor();
    let mut connection = Connection::unix(&path);
    connection.send(request("GET", "/"));
    assert_eq!(connection.response().text(), format!("two {successor}"));
}

fn without_a_pid_file_the_signal_is_the_programs(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        process.on('SIGUSR2', () => console.log('heard'));
        export default () => new Response(String(process.pid));
    ",
    )
    .start();
    let before = server.get("/").text().to_owned();
    server.signal(libc::SIGUSR2);
    server.wait_for_output("heard");
    assert_eq!(server.get("/").text(), before);
}
