//! io_uring and nothing else: the floor for every server on it.
//!
//! Accepts and receives with multishot operations into buffers that the kernel chooses, and answers with bytes made
//! beforehand. Reads nothing of what it receives: a request is so many bytes of the benchmark's client. No
//! state of a connection but how many bytes have come, no deadlines, no date that moves on. Variants show what a
//! technique could gain at most.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use io_uring::types::{Fd, Fixed, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};

use super::{BODY, CONTENT_TYPE};
use crate::support::client::REQUEST;
use crate::support::provided_buffers::{BUFFER_GROUP, ProvidedBuffers};

const SUBMISSIONS: u32 = 1024;
const COMPLETIONS: u32 = 8192;
/// A power of two.
const BUFFERS: u16 = 1024;
const BUFFER_BYTES: u32 = 4096;
/// Answers that one send can hold.
const ANSWERS_MAX: usize = 64;

/// What an operation is, in the upper half of its user data; its socket is in the lower.
const ACCEPT: u64 = 0;
const RECEIVE: u64 = 1 << 32;
const SEND: u64 = 2 << 32;
const CLOSE: u64 = 3 << 32;

/// How long [`serve_spinning`] looks for completions before it sleeps.
const SPIN: Duration = Duration::from_micros(50);
/// Sockets in the ring's own table.
const DIRECT_SOCKETS_MAX: u32 = 1024;

/// Serves until the ring fails.
pub fn serve(listener: TcpListener) -> io::Result<Infallible> {
    serve_with(listener, false, |ring| ring.submit_and_wait(1).map(drop))
}

/// The same with sockets in the ring's table instead of the process's (direct descriptors).
pub fn serve_direct(listener: TcpListener) -> io::Result<Infallible> {
    serve_with(listener, true, |ring| ring.submit_and_wait(1).map(drop))
}

/// The same, entering the ring again and again for a while before it sleeps (busy polling).
pub fn serve_spinning(listener: TcpListener) -> io::Result<Infallible> {
    serve_with(listener, false, |ring| {
        let start = Instant::now();
        while start.elapsed() < SPIN {
            // Completions are made on entering: the ring defers task work.
            match ring
                .submitter()
                .submit_with_args(1, &SubmitArgs::new().timespec(&Timespec::new()))
            {
                Err(error) if error.raw_os_error() == Some(libc::ETIME) => {}
                entered => return entered.map(drop),
            }
        }
        ring.submit_and_wait(1).map(drop)
    })
}

fn serve_with(
    listener: TcpListener,
    is_direct: bool,
    wait: fn(&mut IoUring) -> io::Result<()>,
) -> io::Result<Infallible> {
    socket2::SockRef::from(&listener).set_tcp_nodelay(true)?;
    let ring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_submit_all()
        .setup_cqsize(COMPLETIONS)
        .build(SUBMISSIONS)?;
    if is_direct {
        ring.submitter().register_files_sparse(DIRECT_SOCKETS_MAX)?;
    }
    let mut buffers = ProvidedBuffers::register(&ring, BUFFERS, BUFFER_BYTES)?;
    (0..BUFFERS).for_each(|buffer| buffers.provide(buffer));
    let mut server = Server {
        ring,
        buffers,
        is_direct,
        unanswered_bytes: Vec::new(),
        answer_bytes: answer().len(),
        answers: answer().repeat(ANSWERS_MAX).leak(),
    };
    let accept = opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).allocate_file_index(is_direct);
    server.push(accept.build(), ACCEPT);
    let mut completions = Vec::with_capacity(COMPLETIONS as usize);
    loop {
        wait(&mut server.ring)?;
        completions.extend(server.ring.completion());
        for completion in completions.drain(..) {
            server.complete(&completion)?;
        }
    }
}

fn answer() -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {CONTENT_TYPE}\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
         content-length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
    .into_bytes()
}

struct Server {
    ring: IoUring,
    buffers: ProvidedBuffers,
    /// Sockets are numbers in the ring's table.
    is_direct: bool,
    /// By socket: bytes of a request that has not come whole.
    unanswered_bytes: Vec<usize>,
    answer_bytes: usize,
    /// Never freed, so that sends in flight may point to it.
    answers: &'static [u8],
}

impl Server {
    fn complete(&mut self, completion: &cqueue::Entry) -> io::Result<()> {
        let operation = completion.user_data() & !u64::from(u32::MAX);
        let socket = completion.user_data() as u32 as RawFd;
        match (operation, completion.result()) {
            (ACCEPT, socket) if socket >= 0 => {
                let slot = socket as usize;
                self.unanswered_bytes
                    .resize(self.unanswered_bytes.len().max(slot + 1), 0);
                self.unanswered_bytes[slot] = 0;
                self.receive(socket);
            }
            (ACCEPT, error) => return Err(io::Error::from_raw_os_error(-error)),
            (RECEIVE, received) if received > 0 => {
                if let Some(buffer) = cqueue::buffer_select(completion.flags()) {
                    self.buffers.provide(buffer);
                }
                self.received(socket, received as usize);
                if !cqueue::more(completion.flags()) {
                    self.receive(socket);
                }
            }
            (RECEIVE, error) if error == -libc::ENOBUFS => self.receive(socket),
            // The client is gone.
            (RECEIVE, _) if self.is_direct => {
                self.push(opcode::Close::new(Fixed(socket.cast_unsigned())).build(), CLOSE);
            }
            (RECEIVE, _) => self.push(opcode::Close::new(Fd(socket)).build(), CLOSE),
            _ => {}
        }
        Ok(())
    }

    fn received(&mut self, socket: RawFd, bytes: usize) {
        let unanswered = &mut self.unanswered_bytes[socket as usize];
        *unanswered += bytes;
        let requests = (*unanswered / REQUEST.len()).min(ANSWERS_MAX);
        *unanswered -= requests * REQUEST.len();
        if requests > 0 {
            let answers = &self.answers[..requests * self.answer_bytes];
            let (address, bytes) = (answers.as_ptr(), answers.len() as u32);
            let send = match self.is_direct {
                true => opcode::Send::new(Fixed(socket.cast_unsigned()), address, bytes),
                false => opcode::Send::new(Fd(socket), address, bytes),
            };
            self.push(send.flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL).build(), SEND);
        }
    }

    fn receive(&mut self, socket: RawFd) {
        let receive = match self.is_direct {
            true => opcode::RecvMulti::new(Fixed(socket.cast_unsigned()), BUFFER_GROUP),
            false => opcode::RecvMulti::new(Fd(socket), BUFFER_GROUP),
        };
        self.push(receive.build(), RECEIVE | socket as u64);
    }

    fn push(&mut self, entry: squeue::Entry, user_data: u64) {
        let entry = entry.user_data(user_data);
        // SAFETY: the entries point to nothing but `answers`, which is never freed.
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.ring.submit().expect("the ring works");
        }
    }
}
