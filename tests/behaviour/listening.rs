//! Where a server listens: several addresses at once, Unix-domain sockets, sockets of systemd, and what is told where it cannot.

use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Connection, Engine, Launch, Server, raise_open_files_limit, request};

on_both_engines![
    one_server_listens_at_several_addresses,
    several_addresses_stay_when_the_code_changes,
    all_addresses_are_given_up_at_the_end,
    every_interface_of_both_families_may_have_one_port,
    a_unix_domain_socket_has_the_mode_that_is_asked_for,
    sockets_of_systemd_are_listened_at,
    a_socket_of_systemd_is_named_by_its_address,
    what_listens_at_a_port_is_told,
    what_cannot_be_listened_at_is_told,
    addresses_on_the_command_line_win,
];

const HELLO: &str = "export default (request: Request) => new Response('hi');";

fn launch(engine: Engine, source: &str) -> Launch {
    Launch::serve(engine, source).own_address()
}

/// The ports of TCP that the start-up line names, in its order.
fn ports(line: &str) -> Vec<u16> {
    let behind = line.split("http://").skip(1);
    let authorities = behind.filter_map(|text| text.split('/').next());
    let ports = authorities.filter_map(|authority| authority.rsplit(':').next());
    ports.map(|port| port.parse().expect("a port")).collect()
}

fn get(mut connection: Connection) -> String {
    connection.send(request("GET", "/"));
    connection.response().text().to_owned()
}

fn tcp(host: &str, port: u16) -> Connection {
    let host: std::net::IpAddr = host.parse().expect("an address");
    Connection::tcp((host, port).into())
}

fn one_server_listens_at_several_addresses(engine: Engine) {
    let launch = launch(engine, HELLO).options(["--listen", "127.0.0.1:0", "--listen", "[::1]:0"]);
    let launch = launch.options(["--listen", "unix:app.sock", "--cores", "2"]);
    let path = launch.folder().join("app.sock");
    let server = launch.start();
    let line = server.start_line();
    let [first, second] = ports(&line)[..] else {
        panic!("{line}");
    };
    assert!(line.contains("unix:app.sock") && line.contains("[::1]"), "{line}");
    for _ in 0..4 {
        assert_eq!(get(tcp("127.0.0.1", first)), "hi");
        assert_eq!(get(tcp("::1", second)), "hi");
        assert_eq!(get(Connection::unix(&path)), "hi");
    }
}

fn several_addresses_stay_when_the_code_changes(engine: Engine) {
    let old = "export default () => new Response('old');";
    let launch = launch(engine, old).options(["--listen", "127.0.0.1:0", "--listen", "unix:app.sock"]);
    let server = launch.start();
    let path = server.folder().join("app.sock");
    let port = ports(&server.start_line())[0];
    let mut kept = [tcp("127.0.0.1", port), Connection::unix(&path)];
    for connection in &mut kept {
        connection.send(request("GET", "/"));
        assert_eq!(connection.response().text(), "old");
    }
    std::fs::write(
        server.folder().join("app.ts"),
        "export default () => new Response('new');",
    )
    .expect("new code");
    server.signal(libc::SIGHUP);
    server.wait_for_output("the new code serves on");
    for connection in kept {
        assert_eq!(get(connection), "new");
    }
    assert_eq!(get(tcp("127.0.0.1", port)), "new");
    assert_eq!(get(Connection::unix(&path)), "new");
}

fn all_addresses_are_given_up_at_the_end(engine: Engine) {
    let launch = launch(engine, HELLO).options(["--listen", "127.0.0.1:0", "--listen", "unix:app.sock"]);
    let mut server = launch.start();
    let port = ports(&server.start_line())[0];
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!server.folder().join("app.sock").exists());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

fn every_interface_of_both_families_may_have_one_port(engine: Engine) {
    // One that is free for all addresses a moment later as well, most likely.
    let port = || {
        let listener = std::net::TcpListener::bind("[::]:0").expect("a free port");
        listener.local_addr().expect("it is bound").port()
    };
    let dual = launch(engine, HELLO)
        .options(["--listen".to_owned(), format!("[::]:{}", port())])
        .start();
    let only = ports(&dual.start_line())[0];
    assert_eq!([get(tcp("127.0.0.1", only)), get(tcp("::1", only))], ["hi", "hi"]);
    let port = port();
    let addresses = [
        format!("--listen=0.0.0.0:{port}"),
        format!("--listen=[::]:{port}"),
    ];
    let both = launch(engine, HELLO)
        .options(addresses)
        .options(["--cores", "2"])
        .start();
    assert_eq!(ports(&both.start_line()), [port, port]);
    for _ in 0..4 {
        assert_eq!([get(tcp("127.0.0.1", port)), get(tcp("::1", port))], ["hi", "hi"]);
    }
}

fn a_unix_domain_socket_has_the_mode_that_is_asked_for(engine: Engine) {
    let launch = launch(engine, HELLO).options(["--unix", "app.sock", "--unix-mode", "606"]);
    let path = launch.folder().join("app.sock");
    let _server = launch.start();
    let mode = std::fs::metadata(&path).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o606);
    assert_eq!(get(Connection::unix(&path)), "hi");
}

/// Starts a server as systemd would, with a socket of each kind.
fn with_passed_sockets(engine: Engine, first: i32, options: &[&str]) -> (Server, u16, std::path::PathBuf) {
    raise_open_files_limit();
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = tcp.local_addr().expect("it is bound").port();
    let folder = tempfile::tempdir().expect("a folder").keep();
    let path = folder.join("passed.sock");
    let unix = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    for (number, descriptor) in [(first, tcp.as_raw_fd()), (first + 1, unix.as_raw_fd())] {
        // SAFETY: both are descriptors, of which nobody else uses the new one; it is open in children.
        assert_eq!(unsafe { libc::dup2(descriptor, number) }, number);
    }
    let launch = launch(engine, HELLO).options(
        options
            .iter()
            .map(|option| option.replace("PORT", &port.to_string())),
    );
    let launch = launch.environment("LISTEN_FDS", "2");
    let server = launch
        .environment("LISTEN_FDS_FIRST_FD", first.to_string())
        .start();
    for number in [first, first + 1] {
        // SAFETY: it was made above.
        unsafe { libc::close(number) };
    }
    (server, port, path)
}

fn number_of(engine: Engine) -> i32 {
    match engine {
        Engine::IoUring => 700,
        Engine::Portable => 720,
    }
}

fn sockets_of_systemd_are_listened_at(engine: Engine) {
    let options = ["--listen", "systemd", "--listen", "127.0.0.2:0"];
    let (mut server, port, path) = with_passed_sockets(engine, number_of(engine), &options);
    let [own, passed] = ports(&server.start_line())[..] else {
        panic!("{}", server.start_line());
    };
    assert_eq!(passed, port);
    assert_eq!(get(tcp("127.0.0.2", own)), "hi");
    for _ in 0..2 {
        assert_eq!(get(tcp("127.0.0.1", port)), "hi");
        assert_eq!(get(Connection::unix(&path)), "hi");
        server.signal(libc::SIGHUP);
        server.wait_for_output("the new code serves on");
    }
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(path.exists(), "the socket is systemd's");
    let _ = std::fs::remove_dir_all(path.parent().unwrap_or(Path::new("/nonexistent")));
}

fn a_socket_of_systemd_is_named_by_its_address(engine: Engine) {
    let options = ["--port", "PORT", "--host", "127.0.0.1"];
    let (server, port, path) = with_passed_sockets(engine, number_of(engine) + 10, &options);
    assert_eq!(ports(&server.start_line()), [port]);
    assert_eq!(get(tcp("127.0.0.1", port)), "hi");
    let _ = std::fs::remove_dir_all(path.parent().unwrap_or(Path::new("/nonexistent")));
}

fn what_listens_at_a_port_is_told(engine: Engine) {
    let server = Launch::serve(engine, HELLO).start();
    let address = format!("--listen={}", server.address());
    let finished = launch(engine, HELLO).options([address]).finish();
    assert_eq!(finished.code, Some(1));
    let by = format!("in use by howth (process {})", server.id());
    assert!(finished.complaint().contains(&by), "{finished:?}");
}

fn what_cannot_be_listened_at_is_told(engine: Engine) {
    for (options, code, part) in [
        (&["--listen", "systemd"][..], 1, "LISTEN_FDS"),
        (&["--listen", "::1:80"], 2, "[ADDRESS]:PORT"),
        (&["--listen", "80", "--port", "80"], 2, "--port"),
        (&["--listen", "192.0.2.1:0"], 1, "192.0.2.1"),
        (&["--listen", "unix:no/such/app.sock"], 1, "folder does not exist"),
        (&["--listen", "unix:app.ts"], 1, "a file is there"),
        (
            &["--listen", "127.0.0.1:0", "--listen", "unix:app.ts"],
            1,
            "a file is there",
        ),
        (&["--unix", "app.sock", "--unix-mode", "rw"], 2, "660"),
    ] {
        let finished = launch(engine, HELLO).options(options.iter().copied()).finish();
        assert_eq!(finished.code, Some(code), "{options:?}: {finished:?}");
        assert!(finished.complaint().contains(part), "{options:?}: {finished:?}");
    }
}

fn addresses_on_the_command_line_win(engine: Engine) {
    let source = "export default { port: 1, unix: 'own.sock', fetch: () => new Response('hi') };";
    let launch = launch(engine, source)
        .options(["--listen", "127.0.0.1:0"])
        .environment("PORT", "x");
    let server = launch.start();
    assert_eq!(get(tcp("127.0.0.1", ports(&server.start_line())[0])), "hi");
}
