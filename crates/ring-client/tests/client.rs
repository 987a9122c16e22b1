//! The client side of a ring against plain sockets.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use howth_ring_client::{ClientCompletion, ClientRing, Errno, Operation, Payload, RingOptions, Wait};

fn ring(target: SocketAddr) -> ClientRing {
    let options = RingOptions {
        submissions: 16,
        completions: 64,
        buffers: 4,
        buffer_bytes: 4096,
    };
    ClientRing::new(target, options).expect("a ring")
}

fn next(ring: &mut ClientRing) -> ClientCompletion {
    for _ in 0..2_000 {
        if let Some(completion) = ring.reap() {
            return completion;
        }
        ring.enter(Wait::For(Duration::from_millis(10)))
            .expect("the ring works");
    }
    panic!("nothing completes");
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

fn connect(ring: &mut ClientRing, index: u32, generation: u32) -> Result<(), Errno> {
    ring.open(index).expect("a socket");
    ring.connect(index, generation);
    match next(ring) {
        ClientCompletion::Connected { token, result } => {
            assert_eq!((token.index, token.generation), (index, generation));
            result
        }
        other => panic!("{other:?} instead of a connection"),
    }
}

#[test]
fn what_is_sent_comes_back_whole() {
    let (listener, address) = listen();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut received = vec![0; 60_000];
        stream.read_exact(&mut received).expect("the client sends");
        stream.write_all(&received).expect("the client receives");
    });
    let mut ring = ring(address);
    assert_eq!(connect(&mut ring, 3, 7), Ok(()));
    let bytes: Rc<[u8]> = (0..60_000u32).map(|number| number as u8).collect();
    ring.receive(3, 7);
    ring.send(3, 7, Payload::shared(bytes.clone(), bytes.len()));
    let (mut echo, mut ended) = (Vec::new(), false);
    while !ended {
        match next(&mut ring) {
            ClientCompletion::Sent {
                result, mut payload, ..
            } => {
                if payload.advance(result.expect("the server reads")) {
                    ring.send(3, 7, payload);
                }
            }
            ClientCompletion::Received { result, more, .. } => {
                match result {
                    Ok(Some(lease)) => {
                        echo.extend_from_slice(ring.bytes(&lease));
                        ring.release(lease);
                    }
                    Ok(None) => ended = true,
                    // There are four buffers only.
                    Err(errno) => assert_eq!(errno, Errno(libc::ENOBUFS)),
                }
                if !more && !ended {
                    ring.receive(3, 7);
                }
            }
            other => panic!("{other:?} was not asked for"),
        }
    }
    assert!(echo == bytes[..], "the echo differs");
    server.join().expect("the server is fine");
}

#[test]
fn a_socket_that_is_connected_is_taken() {
    let (listener, address) = listen();
    let mut ring = ring(address);
    ring.adopt(2, TcpStream::connect(address).expect("somebody listens"));
    let (mut stream, _) = listener.accept().expect("a client");
    assert!(ring.is_open(2));
    ring.receive(2, 0);
    stream.write_all(b"hello").expect("the ring receives");
    match next(&mut ring) {
        ClientCompletion::Received {
            result: Ok(Some(lease)),
            ..
        } => {
            assert_eq!(ring.bytes(&lease), b"hello");
            ring.release(lease);
        }
        other => panic!("{other:?} instead of bytes"),
    }
}

#[test]
fn a_refused_connection_says_so() {
    let (listener, address) = listen();
    drop(listener);
    assert_eq!(connect(&mut ring(address), 0, 0), Err(Errno(libc::ECONNREFUSED)));
}

#[test]
fn a_shutdown_ends_the_receive_and_a_close_frees_the_index() {
    let (listener, address) = listen();
    let mut ring = ring(address);
    assert_eq!(connect(&mut ring, 0, 1), Ok(()));
    let (mut stream, _) = listener.accept().expect("a client");
    ring.receive(0, 1);
    ring.shutdown(0, 1);
    let (mut ended, mut shut_down) = (false, false);
    while !(ended && shut_down) {
        match next(&mut ring) {
            ClientCompletion::Received { result, more, .. } => {
                assert!(matches!(result, Ok(None)) && !more);
                ended = true;
            }
            ClientCompletion::Done { token } => shut_down = token.operation == Operation::Shutdown,
            other => panic!("{other:?} was not asked for"),
        }
    }
    ring.close(0, 1);
    assert!(
        matches!(next(&mut ring), ClientCompletion::Done { token } if token.operation == Operation::Close)
    );
    assert!(!ring.is_open(0));
    assert_eq!(stream.read(&mut [0]).expect("a plain end"), 0);
    assert_eq!(connect(&mut ring, 0, 2), Ok(()));
}

#[test]
fn a_dropped_ring_closes_its_connections() {
    let (listener, address) = listen();
    let mut ring = ring(address);
    assert_eq!(connect(&mut ring, 0, 0), Ok(()));
    ring.receive(0, 0);
    ring.enter(Wait::Not).expect("the ring works");
    let (mut stream, _) = listener.accept().expect("a client");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    drop(ring);
    assert!(
        matches!(stream.read(&mut [0]), Ok(0)),
        "the connection is still open"
    );
}

#[test]
#[should_panic(expected = "without a socket")]
fn an_operation_without_a_socket_is_a_bug() {
    let (_listener, address) = listen();
    ring(address).receive(0, 0);
}
