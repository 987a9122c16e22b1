//! Which sockets there are while cores come and go.

mod passed;

use howth_engine::Listener;

use super::*;
use crate::error::ListenError;

fn port_of(listener: &Listener) -> u16 {
    match &listener.socket {
        ListeningSocket::Tcp(listener) => listener.local_addr().expect("it is bound").port(),
        _ => panic!("not a TCP listener"),
    }
}

fn with(options: ListenOptions, inherited: Vec<ListeningSocket>) -> Arc<Listeners> {
    Listeners::new(options, inherited, false).expect("sockets with addresses")
}

/// What a new core is given that listens in one place.
fn listen(
    listeners: &Arc<Listeners>,
    core: usize,
    wanted: &Wanted,
) -> Result<(Listener, Address, Lease), ListenError> {
    let core = listeners.of_core(core);
    let listening = core.listen(wanted);
    core.settle();
    let Life { number, .. } = core.life;
    drop(core);
    // It lives on.
    listeners.state().settled.insert(number);
    listening
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
    let (first, address, _lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    let (second, again, _lease) = listen(&listeners, 1, &port(0)).expect("the same port");
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
        ..ListenOptions::default()
    };
    let listeners = with(options, Vec::new());
    let (_, address, _lease) = listen(&listeners, 0, &port(2)).expect("a free port");
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
    let (first, address, lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    drop((first, lease));
    let client = std::net::TcpStream::connect(("127.0.0.1", address.port));
    let (again, _, _lease) = listen(&listeners, 0, &port(0)).expect("the same socket");
    let ListeningSocket::Tcp(again) = again.socket else {
        panic!("not a TCP listener");
    };
    let (_, peer) = again.accept().expect("the client");
    assert_eq!(client.expect("it waited").local_addr().expect("bound"), peer);
}

/// Each is what may happen between the end of a core and the start of the one that follows it.
fn keeps_the_socket_while(something_happens: fn(&Arc<Listeners>)) {
    let listeners = on_loopback();
    let (first, address, lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    drop((first, lease));
    let client = std::net::TcpStream::connect(("127.0.0.1", address.port)).expect("a backlog");
    something_happens(&listeners);
    let (again, same, _lease) = listen(&listeners, 0, &port(0)).expect("the same socket");
    let ListeningSocket::Tcp(again) = again.socket else {
        panic!("not a TCP listener");
    };
    assert_eq!(same, address);
    again.set_nonblocking(true).expect("a socket");
    let (_, peer) = again.accept().expect("the client that waited");
    assert_eq!(client.local_addr().expect("bound"), peer);
}

#[test]
fn a_core_that_is_followed_keeps_its_socket_while_the_others_listen() {
    keeps_the_socket_while(|listeners| listeners.close_unused());
}

#[test]
fn a_core_that_is_followed_keeps_its_socket_while_another_listens_elsewhere() {
    keeps_the_socket_while(|listeners| {
        let free = listen(&on_loopback(), 1, &port(0)).expect("a free port").1.port;
        let (_, _, lease) = listen(listeners, 1, &port(free)).expect("another port");
        listeners.close_unused();
        lease.close();
    });
}

#[test]
fn a_core_that_is_followed_keeps_its_socket_while_another_stops_its_server() {
    keeps_the_socket_while(|listeners| {
        let (_, _, lease) = listen(listeners, 1, &port(0)).expect("the same port");
        lease.close();
    });
}

#[test]
fn new_code_that_listens_elsewhere_and_fails_leaves_the_socket_of_the_old() {
    let listeners = on_loopback();
    let (old, address, old_lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    let free = listen(&on_loopback(), 0, &port(0)).expect("a free port").1.port;
    let (new, _, new_lease) = listen(&listeners, 0, &port(free)).expect("another port");
    drop((new, new_lease));
    assert!(!connects(free));
    drop((old, old_lease));
    listeners.close_unused();
    let (_, again, _lease) = listen(&listeners, 0, &port(0)).expect("the same socket");
    assert_eq!(again, address);
}

fn closes_the_socket_when(it_has_ended: fn(&Listeners)) {
    let listeners = on_loopback();
    let (first, address, lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    it_has_ended(&listeners);
    // It gives its socket back later than the supervisor goes on.
    drop((first, lease));
    let free = listen(&on_loopback(), 1, &port(0)).expect("a free port").1.port;
    let (_, _, _lease) = listen(&listeners, 1, &port(free)).expect("another port");
    assert!(!connects(address.port) && connects(free));
}

#[test]
fn a_core_that_nobody_follows_leaves_no_socket_where_the_others_listen_elsewhere() {
    closes_the_socket_when(|listeners| listeners.close_core(0));
}

#[test]
fn another_program_that_listens_elsewhere_closes_the_sockets_of_the_one_before() {
    closes_the_socket_when(Listeners::program_ended);
}

#[test]
fn a_program_that_names_the_port_it_was_given_listens_there() {
    let listeners = on_loopback();
    let (_, address, _lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    let (_, again, _lease) = listen(&listeners, 0, &port(address.port)).expect("the same socket");
    assert_eq!(address, again);
}

#[test]
fn a_core_whose_successor_listens_elsewhere_closes_its_socket() {
    let listeners = on_loopback();
    let (old, before, old_lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    let free = listen(&on_loopback(), 0, &port(0)).expect("a free port").1.port;
    let (_new, after, _new_lease) = listen(&listeners, 0, &port(free)).expect("another port");
    assert!(before.port != after.port && connects(before.port));
    drop((old, old_lease));
    assert!(!connects(before.port) && connects(after.port));
}

#[test]
fn a_core_that_nobody_follows_leaves_no_socket() {
    let listeners = on_loopback();
    let (first, address, first_lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    let (second, _, second_lease) = listen(&listeners, 1, &port(0)).expect("the same port");
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
    let (first, _, restarted) = listen(&listeners, 0, &wanted).expect("a new socket");
    drop((first, restarted));
    assert!(connects(), "it waits for the core that follows");
    let (first, _, first_lease) = listen(&listeners, 0, &wanted).expect("the kept socket");
    let (second, _, second_lease) = listen(&listeners, 1, &wanted).expect("the kept socket");
    drop(first);
    first_lease.close();
    assert!(connects(), "the second listens");
    drop(second);
    second_lease.close();
    assert!(!connects() && !path.exists());
    let (again, _, _lease) = listen(&listeners, 0, &wanted).expect("a new socket");
    listeners.close();
    drop(again);
    assert!(!connects(), "the process is ending");
    assert!(matches!(listen(&listeners, 0, &wanted), Err(ListenError::Ending)));
}

#[test]
fn all_cores_share_a_socket_that_cannot_be_bound_again() {
    let only = std::net::TcpListener::bind("0.0.0.0:0").expect("a free port");
    let given = only.local_addr().expect("it is bound").port();
    let listeners = with(ListenOptions::default(), vec![ListeningSocket::Tcp(only)]);
    let (first, _, _lease) = listen(&listeners, 0, &port(given)).expect("the socket");
    let (second, _, _lease) = listen(&listeners, 1, &port(given)).expect("the same socket");
    assert_eq!((port_of(&first), port_of(&second)), (given, given));
}

#[test]
fn servers_of_one_core_have_addresses_of_their_own() {
    let listeners = on_loopback();
    let core = listeners.of_core(0);
    let (first, at_first, _lease) = core.listen(&port(0)).expect("a free port");
    let (second, at_second, second_lease) = core.listen(&port(0)).expect("another free port");
    assert_ne!(at_first.port, at_second.port);
    assert!(first.id != second.id && first.place != second.place);
    let taken = core.listen(&port(at_second.port));
    assert!(matches!(taken, Err(ListenError::PortInUse { .. })), "{taken:?}");
    // Those of another core are the same, in the order in which they are asked for.
    let other = listeners.of_core(1);
    let (again, same, _lease) = other.listen(&port(0)).expect("the same port");
    assert_eq!((same, again.place), (at_first, first.place));
    let (again, same, _lease) = other.listen(&port(0)).expect("the same port");
    assert_eq!((&same, again.place), (&at_second, second.place));
    // One that is being closed may be listened on again.
    core.note_closing(second.id);
    let (again, same, _lease) = core.listen(&port(at_second.port)).expect("the same socket");
    assert!(again.place == second.place && again.id != second.id);
    assert_eq!(same, at_second);
    drop((second, second_lease));
    assert!(connects(at_second.port));
    // But any port is another one: clients still know this.
    core.note_closing(again.id);
    let (_, another, _lease) = core.listen(&port(0)).expect("a free port");
    assert_ne!(another.port, at_second.port);
}

#[test]
fn what_the_command_line_says_is_for_one_server() {
    let options = ListenOptions {
        port: Some(0),
        host: Some("127.0.0.1".to_owned()),
        ..ListenOptions::default()
    };
    let listeners = with(options, Vec::new());
    let core = listeners.of_core(0);
    let free = listen(&on_loopback(), 0, &port(0)).expect("a free port").1.port;
    let wanted = Wanted {
        host: Some("127.0.0.1".to_owned()),
        ..port(free)
    };
    let (_, first, first_lease) = core.listen(&wanted).expect("a free port");
    assert_ne!(first.port, free);
    let (_, second, _lease) = core.listen(&wanted).expect("the port it has asked for");
    assert_eq!(second.port, free);
    drop(first_lease);
}

#[test]
fn a_core_that_follows_closes_what_it_does_not_ask_for_once_it_has_started() {
    let listeners = on_loopback();
    let old = listeners.of_core(0);
    let (kept, at_kept, kept_lease) = old.listen(&port(0)).expect("a free port");
    let (left, at_left, left_lease) = old.listen(&port(0)).expect("another free port");
    old.settle();
    let new = listeners.of_core(0);
    let (_again, same, _lease) = new.listen(&port(at_kept.port)).expect("the same socket");
    assert_eq!(same, at_kept);
    drop((kept, kept_lease, left, left_lease, old));
    assert!(connects(at_left.port), "it may be asked for later");
    new.settle();
    assert!(!connects(at_left.port) && connects(at_kept.port));
}

/// The parent hears that it listens when it has ended already, and nothing has followed it yet.
#[test]
fn a_core_that_ends_as_soon_as_it_listens_leaves_its_socket_to_the_next() {
    let listeners = on_loopback();
    let (first, address, lease) = listen(&listeners, 0, &port(0)).expect("a free port");
    drop((first, lease));
    for has_started in [false, true] {
        let core = listeners.of_core(0);
        let (listener, again, lease) = core.listen(&port(0)).expect("the same socket");
        assert_eq!(again, address);
        if has_started {
            core.settle();
        }
        drop((listener, lease, core));
        listeners.close_unused();
        assert!(connects(address.port));
    }
    let (_, again, _lease) = listen(&listeners, 0, &port(0)).expect("the same socket");
    assert_eq!(again, address);
}
