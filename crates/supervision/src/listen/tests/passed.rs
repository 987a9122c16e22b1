//! Sockets that somebody else has bound, and those that another process goes on with.

use super::*;

#[test]
fn another_process_goes_on_with_the_sockets_and_closes_those_it_has_no_core_for() {
    let first = on_loopback();
    let (_, address, _first_lease) = listen(&first, 0, &port(0)).expect("a free port");
    let (_, _, _second_lease) = listen(&first, 1, &port(0)).expect("the same port");
    let passed = first.duplicates().expect("two sockets");
    let passed = passed
        .into_iter()
        .map(|socket| ListeningSocket::Tcp(socket.into()))
        .collect();
    let second = with(ListenOptions::default(), passed);
    first.leave();
    let wanted = Wanted {
        host: Some("127.0.0.1".to_owned()),
        ..port(address.port)
    };
    let (listener, again, _lease) = listen(&second, 0, &wanted).expect("the inherited socket");
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
fn a_unix_socket_stays_for_the_process_that_inherits_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("socket");
    let wanted = Wanted {
        unix: Some(path.clone()),
        ..Wanted::default()
    };
    let first = with(ListenOptions::default(), Vec::new());
    let (listener, _, lease) = listen(&first, 0, &wanted).expect("a new socket");
    let mut passed = first.duplicates().expect("a socket");
    let passed = ListeningSocket::Unix(passed.pop().expect("one").into());
    first.leave();
    drop((listener, lease, first));
    let second = with(ListenOptions::default(), vec![passed]);
    let (_, address, _lease) = listen(&second, 0, &wanted).expect("the inherited socket");
    assert_eq!(address.unix, Some(path.clone()));
    assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
    second.close();
    assert!(!path.exists());
}

#[test]
fn a_socket_that_the_program_was_given_is_that_of_its_cores() {
    let given = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let number = given.local_addr().expect("it is bound").port();
    let duplicate = || ListeningSocket::Tcp(given.try_clone().expect("a duplicate"));
    let listeners = on_loopback();
    let (first, second) = (listeners.of_core(0), listeners.of_core(1));
    let (listener, address, lease) = first.listen_at(duplicate()).expect("the socket");
    assert_eq!((port_of(&listener), address.port), (number, number));
    let again = first.listen_at(duplicate());
    assert!(matches!(again, Err(ListenError::PortInUse { .. })), "{again:?}");
    let (other, same, _lease) = second.listen_at(duplicate()).expect("the same socket");
    assert_eq!((same, other.place), (address, listener.place));
    drop(listener);
    lease.close();
    assert!(connects(number), "it is the program's");
}

#[test]
fn sockets_that_were_passed_stay_while_the_server_listens_at_others_first() {
    let passed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = passed.local_addr().expect("it is bound").port();
    let listen = |text: &str| text.parse().expect("an address");
    let options = ListenOptions {
        listen: vec![listen("systemd"), listen("127.0.0.2:0")],
        ..ListenOptions::default()
    };
    let listeners = with(options, vec![ListeningSocket::Tcp(passed)]);
    let wanted = Wanted::default();
    let mut ports = Vec::new();
    for core in 0..2 {
        let (listener, address, lease) = self::listen(&listeners, core, &wanted).expect("both");
        assert_eq!((address.others.len(), listener.more.len()), (1, 1));
        assert_eq!(address.others[0].port, at);
        ports.push(address.port);
        std::mem::forget((listener, lease));
    }
    assert_eq!(ports[0], ports[1]);
    listeners.close_unused();
    assert!(connects(at));
}
