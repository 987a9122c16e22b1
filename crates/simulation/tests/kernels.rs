//! One script, run by the real ring and by the simulated kernel: what they complete is alike.
//!
//! Where the machine has no io_uring the comparison is skipped, but not in CI.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use howth_engine::FileBody;
use howth_io_uring_net::{Completion, Kernel, Operation, Outgoing, Ring, RingOptions, Socket, Token, Wait};
use howth_simulation::{Faults, KernelOptions, Network, Random, SharedNetwork, SimulatedKernel};

/// What the other end does.
trait Peer {
    fn connect(&mut self);
    fn send(&mut self, bytes: &[u8]);
    fn half_close(&mut self);
    fn close(&mut self);
    /// What it receives until nothing is there, and whether the end came.
    fn receive(&mut self) -> (Vec<u8>, bool);
}

struct RealPeer {
    listener: TcpListener,
    stream: Option<TcpStream>,
}

impl Peer for RealPeer {
    fn connect(&mut self) {
        let address = self.listener.local_addr().expect("it is bound");
        let stream = TcpStream::connect(address).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .expect("a timeout");
        self.stream = Some(stream);
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream
            .as_mut()
            .expect("connected")
            .write_all(bytes)
            .expect("it is open");
    }

    fn half_close(&mut self) {
        self.stream
            .as_ref()
            .expect("connected")
            .shutdown(Shutdown::Write)
            .expect("it is open");
    }

    fn close(&mut self) {
        self.stream = None;
    }

    fn receive(&mut self) -> (Vec<u8>, bool) {
        let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            match self.stream.as_mut().expect("connected").read(&mut buffer) {
                Ok(0) => return (received, true),
                Ok(length) => received.extend_from_slice(&buffer[..length]),
                Err(_) => return (received, false),
            }
        }
    }
}

struct SimulatedPeer {
    network: SharedNetwork,
    link: usize,
}

impl Peer for SimulatedPeer {
    fn connect(&mut self) {
        self.link = self
            .network
            .borrow_mut()
            .connect(64_000, 64_000)
            .expect("it listens");
    }

    fn send(&mut self, bytes: &[u8]) {
        assert_eq!(
            self.network.borrow_mut().client_send(self.link, bytes),
            bytes.len()
        );
    }

    fn half_close(&mut self) {
        self.network.borrow_mut().client_half_close(self.link);
    }

    fn close(&mut self) {
        self.network.borrow_mut().client_close(self.link, false);
    }

    fn receive(&mut self) -> (Vec<u8>, bool) {
        use howth_simulation::ClientRead::{Bytes, End};
        let mut received = Vec::new();
        loop {
            match self.network.borrow_mut().client_receive(self.link, 4096) {
                Bytes(bytes) => received.extend(bytes),
                End => return (received, true),
                _ => return (received, false),
            }
        }
    }
}

fn token(operation: Operation) -> Token {
    Token {
        operation,
        // There is one listener.
        index: u32::from(operation != Operation::Accept),
        generation: 1,
    }
}

/// Everything that completes until nothing does, as text; in the order of the text, since any order is allowed.
fn completed(kernel: &mut impl Kernel, socket: &mut Option<Socket>) -> Vec<String> {
    let mut all = Vec::new();
    let mut quiet = 0;
    while quiet < 2 {
        kernel
            .enter(Wait::For(Duration::from_millis(30)))
            .expect("it works");
        quiet += 1;
        while let Some(completion) = kernel.reap() {
            quiet = 0;
            all.push(match completion {
                Completion::Accepted { result, more, .. } => {
                    *socket = result.ok().or(*socket);
                    format!("accepted {:?} {more}", result.map(|_| ()))
                }
                Completion::Received { token, result, more } => {
                    let result = result.map(|lease| {
                        lease.map(|lease| {
                            let bytes = kernel.bytes(&lease).to_vec();
                            kernel.release(lease);
                            bytes
                        })
                    });
                    format!("{:?} {result:?} {more}", token.operation)
                }
                Completion::Readable { token } | Completion::Done { token } => {
                    format!("{:?}", token.operation)
                }
                Completion::Sent { result, outgoing, .. } => {
                    format!("sent {result:?} of {}", outgoing.segments_len())
                }
                Completion::Rung { more } => format!("rung {more}"),
                Completion::Writable { token } => format!("{:?}", token.operation),
                Completion::FileRead { token, result } => {
                    format!("{:?} {:?}", token.operation, result.map(|bytes| bytes.len()))
                }
            });
        }
    }
    all.sort();
    all
}

fn outgoing(text: &[u8]) -> Outgoing {
    let mut outgoing = Outgoing::default();
    outgoing.push(text.to_vec());
    outgoing
}

fn part_of_file(offset: u64, length: u64) -> FileBody {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"0123456789").expect("room for it");
    FileBody {
        file: Arc::new(file),
        offset,
        length,
    }
}

fn script(kernel: &mut impl Kernel, peer: &mut impl Peer) -> Vec<String> {
    use Operation::{Accept, Cancel, Close, ReadFile, Readable, Receive, Send, Writable};
    let (mut said, mut accepted) = (Vec::new(), None);
    macro_rules! settle {
        () => {
            said.extend(completed(kernel, &mut accepted));
            said.push("--".to_owned());
        };
    }
    kernel.accept(token(Accept));
    settle!();
    peer.connect();
    settle!();
    let socket = accepted.expect("it was accepted");
    kernel.receive(socket, token(Receive));
    settle!();
    peer.send(b"first");
    settle!();
    kernel.cancel(token(Receive), token(Cancel));
    settle!();
    // Nothing is armed: the bytes wait.
    said.push(format!("{:?}", kernel.receive_now(socket, 10)));
    peer.send(b"second");
    settle!();
    kernel.poll_readable(socket, token(Readable));
    settle!();
    said.push(format!("{:?}", kernel.receive_now(socket, 3)));
    said.push(format!("{:?}", kernel.receive_now(socket, 10)));
    kernel.poll_readable(socket, token(Readable));
    settle!();
    kernel.cancel(token(Readable), token(Cancel));
    settle!();
    kernel.send(socket, token(Send), outgoing(b"answer"));
    settle!();
    said.push(format!("{}", kernel.send_now(socket, &[b"and ", b"more"], false)));
    said.push(format!("{:?}", peer.receive()));
    kernel.poll_writable(socket, token(Writable));
    settle!();
    said.push(format!("{:?}", kernel.send_file_now(socket, &part_of_file(2, 4))));
    said.push(format!("{:?}", kernel.send_file_now(socket, &part_of_file(7, 9))));
    said.push(format!(
        "{:?}",
        kernel.send_file_now(socket, &part_of_file(10, 1))
    ));
    said.push(format!("{:?}", peer.receive()));
    kernel.read_file(part_of_file(8, 4), token(ReadFile));
    settle!();
    kernel.receive(socket, token(Receive));
    peer.half_close();
    settle!();
    kernel.shutdown(socket, false);
    said.push(format!("{:?}", peer.receive()));
    kernel.send(socket, token(Send), outgoing(b"too late"));
    settle!();
    kernel.close(socket, token(Close));
    settle!();
    peer.close();
    // Shut down by the server, with a receive armed.
    peer.connect();
    settle!();
    let socket = accepted.expect("it was accepted");
    kernel.receive(socket, token(Receive));
    settle!();
    kernel.shutdown(socket, true);
    settle!();
    said.push(format!("{:?}", peer.receive()));
    kernel.close(socket, token(Close));
    settle!();
    // The last bytes leave with the end, and not before.
    peer.connect();
    settle!();
    let socket = accepted.expect("it was accepted");
    let mut last = outgoing(b"last");
    last.mark_last();
    kernel.send(socket, token(Send), last);
    settle!();
    said.push(format!("{:?}", peer.receive()));
    kernel.shutdown(socket, false);
    said.push(format!("{:?}", peer.receive()));
    kernel.close(socket, token(Close));
    settle!();
    // Closed with bytes that nobody has read: a reset.
    peer.connect();
    settle!();
    peer.send(b"unread");
    let socket = accepted.expect("it was accepted");
    kernel.close(socket, token(Close));
    settle!();
    said.push(format!("{:?}", peer.receive()));
    kernel.cancel(token(Accept), token(Cancel));
    settle!();
    said
}

#[test]
fn the_real_and_the_simulated_kernel_complete_alike() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let copy = listener.try_clone().expect("a descriptor");
    let mut ring = match Ring::new(vec![listener.into()], RingOptions::default()) {
        Ok(ring) => ring,
        Err(error) if std::env::var_os("CI").is_none() => return eprintln!("skipped: {error}"),
        Err(error) => panic!("no io_uring: {error}"),
    };
    let real = script(
        &mut ring,
        &mut RealPeer {
            listener: copy,
            stream: None,
        },
    );
    let network = Network::shared(1);
    let options = KernelOptions {
        buffers: 64,
        buffer_bytes: 4096,
        completions: 1_000,
    };
    let mut kernel = SimulatedKernel::new(network.clone(), options, Faults::none(), Random::new(1));
    let simulated = script(&mut kernel, &mut SimulatedPeer { network, link: 0 });
    assert_eq!(real, simulated);
    assert!(kernel.control().violations.borrow().is_empty());
}
