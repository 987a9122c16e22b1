//! The ways of sending, and their measurement.

use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use io_uring::types::Fd;
use io_uring::{IoUring, cqueue, opcode, squeue};

use super::processors::Sides;
use super::provided_buffers::{BUFFER_GROUP, ProvidedBuffers};
use super::thread_time::thread_time;

/// Bytes of a response.
const SIZES: [usize; 4] = [4 << 10, 16 << 10, 64 << 10, 256 << 10];
/// Pieces that a response consists of where it is not one.
const PIECES: usize = 4;
/// How often each way has its turn.
const TURNS: usize = 9;
/// Bytes sent in a turn.
const TURN_BYTES: usize = 64 << 20;
/// Room for the notifications of a turn.
const COMPLETIONS: u32 = 2 * (TURN_BYTES / SIZES[0]) as u32;
const FLAGS: i32 = libc::MSG_NOSIGNAL | libc::MSG_WAITALL;

#[derive(Clone, Copy, Debug)]
enum Way {
    /// sendmsg(2) of one piece: what the engine does from 16 KiB on.
    Call,
    /// sendmsg(2) of four pieces.
    CallOfPieces,
    /// A send in the ring: what the engine does below.
    Ring,
    /// Four pieces, copied into one and sent in the ring: what the engine does with responses of a turn.
    RingAfterCopy,
    /// A bundle of four provided buffers in the ring.
    Bundle,
    /// A zero-copy send in the ring, with the notification that its memory is free again, whenever that comes.
    ZeroCopy,
}

const WAYS: [(Way, &str); 6] = [
    (Way::Call, "sendmsg(2)"),
    (Way::CallOfPieces, "sendmsg(2), 4 pieces"),
    (Way::Ring, "ring"),
    (Way::RingAfterCopy, "ring, 4 pieces copied"),
    (Way::Bundle, "ring, bundle of 4"),
    (Way::ZeroCopy, "ring, zero-copy"),
];

/// Measures all ways for all sizes, and prints a table.
pub fn compare() -> io::Result<()> {
    let sides = Sides::take()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    // On the client's processor, where this thread is now.
    let receiver = std::thread::spawn(move || {
        for stream in listener.incoming().take(SIZES.len()) {
            discard(stream?)?;
        }
        Ok::<(), io::Error>(())
    });
    let measure = || -> io::Result<()> {
        println!(
            "CPU time of the sender for each response, in µs, and times sendmsg(2); median of {TURNS} turns"
        );
        let mut columns = Vec::new();
        for size in SIZES {
            columns.push(measure_size(TcpStream::connect(address)?, size)?);
        }
        print!("  {:<24}", "");
        SIZES
            .iter()
            .for_each(|size| print!("{:>16}", format!("{} KiB", size >> 10)));
        println!();
        for (row, (_, name)) in WAYS.iter().enumerate() {
            print!("  {name:<24}");
            for column in &columns {
                print!(
                    "{:>16}",
                    format!("{:.2}  × {:.2}", column[row], column[row] / column[0])
                );
            }
            println!();
        }
        Ok(())
    };
    sides.on_server(measure)??;
    receiver.join().expect("the receiver does not panic")
}

/// Microseconds for each way.
fn measure_size(socket: TcpStream, size: usize) -> io::Result<Vec<f64>> {
    socket.set_nodelay(true)?;
    let mut sender = Sender::new(socket, size)?;
    let mut samples = vec![Vec::new(); WAYS.len()];
    for _ in 0..TURNS {
        for ((way, _), samples) in WAYS.iter().zip(&mut samples) {
            let count = TURN_BYTES / size;
            let before = thread_time()?;
            for _ in 0..count {
                sender.send(*way)?;
            }
            sender.release()?;
            samples.push((thread_time()? - before).as_secs_f64() * 1e6 / count as f64);
        }
    }
    Ok(samples
        .into_iter()
        .map(|mut samples| {
            samples.sort_by(f64::total_cmp);
            samples[samples.len() / 2]
        })
        .collect())
}

struct Sender {
    socket: TcpStream,
    ring: IoUring,
    buffers: ProvidedBuffers,
    response: Vec<u8>,
    /// Zero-copy sends that the kernel has not done with.
    notifications: usize,
    /// What pieces are copied to.
    copied: Vec<u8>,
}

impl Sender {
    fn new(socket: TcpStream, size: usize) -> io::Result<Self> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_cqsize(COMPLETIONS)
            .build(8)?;
        let buffers = ProvidedBuffers::register(&ring, PIECES as u16, (size / PIECES) as u32)?;
        Ok(Sender {
            socket,
            ring,
            buffers,
            response: vec![b'x'; size],
            notifications: 0,
            copied: Vec::with_capacity(size),
        })
    }

    fn send(&mut self, way: Way) -> io::Result<()> {
        let socket = Fd(self.socket.as_raw_fd());
        let size = self.response.len() as u32;
        match way {
            Way::Call => self.call(1),
            Way::CallOfPieces => self.call(PIECES),
            Way::Ring => {
                let send = opcode::Send::new(socket, self.response.as_ptr(), size).flags(FLAGS);
                self.enter(send.build())
            }
            Way::RingAfterCopy => {
                self.copied.clear();
                for piece in self.response.chunks(self.response.len() / PIECES) {
                    self.copied.extend_from_slice(piece);
                }
                let send = opcode::Send::new(socket, self.copied.as_ptr(), size).flags(FLAGS);
                self.enter(send.build())
            }
            Way::Bundle => {
                (0..PIECES as u16).for_each(|piece| self.buffers.provide(piece));
                self.enter(opcode::SendBundle::new(socket, BUFFER_GROUP).flags(FLAGS).build())
            }
            Way::ZeroCopy => {
                let send = opcode::SendZc::new(socket, self.response.as_ptr(), size).flags(FLAGS);
                self.enter(send.build())
            }
        }
    }

    fn call(&self, pieces: usize) -> io::Result<()> {
        let slices: Vec<IoSlice<'_>> = self
            .response
            .chunks(self.response.len() / pieces)
            .map(IoSlice::new)
            .collect();
        let sent =
            socket2::SockRef::from(&self.socket).send_vectored_with_flags(&slices, libc::MSG_NOSIGNAL)?;
        self.check(sent)
    }

    /// Submits one operation and waits until it has sent.
    fn enter(&mut self, entry: squeue::Entry) -> io::Result<()> {
        // SAFETY: the entry points to memory of `self`, which is not changed while a turn lasts, and not freed
        // before `release` has seen the last notification of a zero-copy send.
        unsafe { self.ring.submission().push(&entry) }.map_err(io::Error::other)?;
        while !self.reap()? {}
        Ok(())
    }

    /// Waits until the kernel has done with the memory of all that was sent.
    fn release(&mut self) -> io::Result<()> {
        while self.notifications > 0 {
            self.reap()?;
        }
        Ok(())
    }

    /// Waits for completions; whether one of them says that something was sent.
    fn reap(&mut self) -> io::Result<bool> {
        self.ring.submit_and_wait(1)?;
        let completions: Vec<cqueue::Entry> = self.ring.completion().collect();
        let mut has_sent = false;
        for completion in completions {
            if cqueue::notif(completion.flags()) {
                self.notifications -= 1;
                continue;
            }
            let sent = completion.result();
            self.check(usize::try_from(sent).map_err(|_| io::Error::from_raw_os_error(-sent))?)?;
            self.notifications += usize::from(cqueue::more(completion.flags()));
            has_sent = true;
        }
        Ok(has_sent)
    }

    fn check(&self, sent: usize) -> io::Result<()> {
        if sent == self.response.len() {
            return Ok(());
        }
        let expected = self.response.len();
        Err(io::Error::other(format!("{sent} of {expected} bytes were sent")))
    }
}

/// Reads until the end; the kernel does not even copy.
fn discard(stream: TcpStream) -> io::Result<()> {
    loop {
        // SAFETY: with MSG_TRUNC a TCP socket writes nothing (tcp(7)), so the address is not used.
        let received =
            unsafe { libc::recv(stream.as_raw_fd(), std::ptr::null_mut(), 1 << 20, libc::MSG_TRUNC) };
        match received {
            0 => return Ok(()),
            received if received < 0 => return Err(io::Error::last_os_error()),
            _ => {}
        }
    }
}
