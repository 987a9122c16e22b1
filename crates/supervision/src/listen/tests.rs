//! Which sockets there are while cores come and go.

use super::*;

fn port_of(listener: &Listener) -> u16 {
    match listener {
        Listener::Tcp(listener) => listener.local_addr().expect("it is bound").port(),
        Listener::Unix(_) => panic!("not a TCP listener"),
    }
}

fn with(options: ListenOptions, inherited: Vec<Listener>) -> Arc<Listeners> {
    Listeners::new(options, inherited).expect("sockets with addresses")
}

fn on_loopback() -> Arc<Listeners> {
    with(
        ListenOptions {
            host: Some("127.0.0.1".to_owned()),
            ..ListenOptions::default()
        },
        Vec::new(),
    )
}

fn port(port: u16) -> Wanted {
    Wanted {
        port: Some(port),
        ..Wanted::default()
    }
}

#[test]
fn every_core_gets_the_port_the_first_one_got() {
    let listeners = on_loopback();
    let (first, address, _lease) = listeners.listen(0, &port(0)).expect("a free port");
    let (second, again, _lease) = listeners.listen(1, &port(0)).expect("the same port");
    assert_eq!((port_of(&first), &address), (port_of(&second), &again));
    assert_eq!(address.port, port_of(&first));
}

#[test]
fn the_flag_wins_over_the_module_and_the_module_over_the_environment() {
    let options = ListenOptions {
        port: Some(0),
        host: None,
        unix: None,
        port_from_environment: Some(1),
        host_from_environment: Some("127.0.0.1".to_owned()),
    };
    let listeners = with(options, Vec::new());
    let (_, address, _lease) = listeners.listen(0, &port(2)).expect("a free port");
    assert!(address.port > 2);
    assert_eq!(address.host, "127.0.0.1");
}

/// Connects to a port that nobody accepts from; true if the connection is in a backlog.
fn connects(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_core_that_starts_again_finds_its_clients() {
    let listeners = on_loopback();
    let (first, address, lease) = listeners.listen(0, &port(0)).expect("a free port");
    drop((first, lease));
    let client = std::net::TcpStream::connect(("127.0.0.1", address.port));
    let (Listener::Tcp(again), _, _lease) = listeners.listen(0, &port(0)).expect("the same socket") else {
        panic!("not a TCP listener");
    };
    let (_, peer) = again.accept().expect("the client");
    assert_eq!(client.expect("it waited").local_addr().expect("bound"), peer);
}

#[test]
fn a_program_that_names_the_port_it_was_given_listens_there() {
    let listeners = on_loopback();
    let (_, address, _lease) = listeners.listen(0, &port(0)).expect("a free port");
    let (_, again, _lease) = listeners.listen(0, &port(address.port)).expect("the same socket");
    assert_eq!(address, again);
}

#[test]
fn a_core_whose_successor_listens_elsewhere_closes_its_socket() {
    let listeners = on_loopback();
    let (old, before, old_lease) = listeners.listen(0, &port(0)).expect("a free port");
    let free = on_loopback().listen(0, &port(0)).expect("a free port").1.port;
    let (_new, after, _new_lease) = listeners.listen(0, &port(free)).expect("another port");
    assert!(before.port != after.port && connects(before.port));
    drop((old, old_lease));
    assert!(!connects(before.port) && connects(after.port));
}

#[test]
fn a_core_that_nobody_follows_leaves_no_socket() {
    let listeners = on_loopback();
    let (first, address, first_lease) = listeners.listen(0, &port(0)).expect("a free port");
    let (second, _, second_lease) = listeners.listen(1, &port(0)).expect("the same port");
    drop((first, first_lease));
    listeners.close_core(0);
    drop(second);
    second_lease.close();
    assert!(!connects(address.port));
}

#[test]
fn a_unix_socket_outlives_its_leases_but_not_the_last_that_is_closed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("socket");
    let listeners = with(ListenOptions::default(), Vec::new());
    let wanted = Wanted {
        unix: Some(path.clone()),
        ..Wanted::default()
    };
    let connects = || std::os::unix::net::UnixStream::connect(&path).is_ok();
    let (first, _, restarted) = listeners.listen(0, &wanted).expect("a new socket");
    drop((first, restarted));
    assert!(connects(), "it waits for the core that follows");
    let (first, _, first_lease) = listeners.listen(0, &wanted).expect("the kept socket");
    let (second, _, second_lease) = listeners.listen(1, &wanted).expect("the kept socket");
    drop(first);
    first_lease.close();
    assert!(connects(), "the second listens");
    drop(second);
    second_lease.close();
    assert!(!connects() && !path.exists());
    let (again, _, _lease) = listeners.listen(0, &wanted).expect("a new socket");
    listeners.close();
    drop(again);
    assert!(!connects(), "the process is ending");
    assert!(matches!(listeners.listen(0, &wanted), Err(ListenError::Ending)));
}

#[test]
fn another_process_goes_on_with_the_sockets_and_closes_those_it_has_no_core_for() {
    let first = on_loopback();
    let (_, address, _first_lease) = first.listen(0, &port(0)).expect("a free port");
    let (_, _, _second_lease) = first.listen(1, &port(0)).expect("the same port");
    let passed = first.duplicates().expect("two sockets");
    let passed = passed
        .into_iter()
        .map(|socket| Listener::Tcp(socket.into()))
        .collect();
    let second = with(ListenOptions::default(), passed);
    first.leave();
    let wanted = Wanted {
        host: Some("127.0.0.1".to_owned()),
        ..port(address.port)
    };
    let (listener, again, _lease) = second.listen(0, &wanted).expect("the inherited socket");
    assert_eq!(again, address);
    second.close_unused();
    drop((first, _first_lease, _second_lease));
    assert!(connects(address.port));
    drop((second, _lease));
    drop(listener);
    assert!(
        !connects(address.port),
        "a socket is left that nobody accepts from"
    );
}

#[test]
fn all_cores_share_a_socket_that_cannot_be_bound_again() {
    let only = std::net::TcpListener::bind("0.0.0.0:0").expect("a free port");
    let given = only.local_addr().expect("it is bound").port();
    let listeners = with(ListenOptions::default(), vec![Listener::Tcp(only)]);
    let (first, _, _lease) = listeners.listen(0, &port(given)).expect("the socket");
    let (second, _, _lease) = listeners.listen(1, &port(given)).expect("the same socket");
    assert_eq!((port_of(&first), port_of(&second)), (given, given));
}

#[test]
fn a_unix_socket_stays_for_the_process_that_inherits_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("socket");
    let wanted = Wanted {
        unix: Some(path.clone()),
        ..Wanted::default()
    };
    let first = with(ListenOptions::default(), Vec::new());
    let (listener, _, lease) = first.listen(0, &wanted).expect("a new socket");
    let mut passed = first.duplicates().expect("a socket");
    let passed = Listener::Unix(passed.pop().expect("one").into());
    first.leave();
    drop((listener, lease, first));
    let second = with(ListenOptions::default(), vec![passed]);
    let (_, address, _lease) = second.listen(0, &wanted).expect("the inherited socket");
    assert_eq!(address.unix, Some(path.clone()));
    assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
    second.close();
    assert!(!path.exists());
}
