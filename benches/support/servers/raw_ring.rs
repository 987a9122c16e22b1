//! io_uring and nothing else: the floor for every server on it.
//!
//! Accepts and receives with multishot operations into buffers that the kernel chooses, and answers with bytes made
//! beforehand. Reads nothing of what it receives: a request is so many bytes of the benchmark's client. No
//! state of a connection but how many bytes have come, no deadlines, no date that moves on.

use std::alloc::{Layout, alloc_zeroed};
use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::{BufRingEntry, Fd};
use io_uring::{IoUring, cqueue, opcode, squeue};

use super::{BODY, CONTENT_TYPE};
use crate::support::client::REQUEST;

const SUBMISSIONS: u32 = 1024;
const COMPLETIONS: u32 = 8192;
/// A power of two.
const BUFFERS: u16 = 1024;
const BUFFER_BYTES: u32 = 4096;
const BUFFER_GROUP: u16 = 0;
/// Answers that one send can hold.
const ANSWERS_MAX: usize = 64;

/// What an operation is, in the upper half of its user data; its socket is in the lower.
const ACCEPT: u64 = 0;
const RECEIVE: u64 = 1 << 32;
const SEND: u64 = 2 << 32;
const CLOSE: u64 = 3 << 32;

/// Serves until the ring fails.
pub fn serve(listener: TcpListener) -> io::Result<Infallible> {
    socket2::SockRef::from(&listener).set_tcp_nodelay(true)?;
    let ring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_submit_all()
        .setup_cqsize(COMPLETIONS)
        .build(SUBMISSIONS)?;
    let buffers = Buffers::register(&ring)?;
    let mut server = Server {
        ring,
        buffers,
        unanswered_bytes: Vec::new(),
        answer_bytes: answer().len(),
        answers: answer().repeat(ANSWERS_MAX).leak(),
    };
    server.push(opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).build(), ACCEPT);
    let mut completions = Vec::with_capacity(COMPLETIONS as usize);
    loop {
        server.ring.submit_and_wait(1)?;
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
    buffers: Buffers,
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
            let send = opcode::Send::new(Fd(socket), answers.as_ptr(), answers.len() as u32)
                .flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL)
                .build();
            self.push(send, SEND);
        }
    }

    fn receive(&mut self, socket: RawFd) {
        let receive = opcode::RecvMulti::new(Fd(socket), BUFFER_GROUP).build();
        self.push(receive, RECEIVE | socket as u64);
    }

    fn push(&mut self, entry: squeue::Entry, user_data: u64) {
        let entry = entry.user_data(user_data);
        // SAFETY: the entries point to nothing but `answers`, which is never freed.
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.ring.submit().expect("the ring works");
        }
    }
}

/// The buffers that received bytes go to: all the same memory, because nobody reads it.
struct Buffers {
    entries: NonNull<BufRingEntry>,
    memory: *mut u8,
    tail: u16,
}

impl Buffers {
    /// What they are made of is never freed: the process serves until it ends.
    fn register(ring: &IoUring) -> io::Result<Self> {
        let entries = page_aligned(usize::from(BUFFERS) * size_of::<BufRingEntry>())?.cast();
        let memory = page_aligned(BUFFER_BYTES as usize)?.as_ptr();
        let address = entries.as_ptr() as u64;
        // SAFETY: the memory is page-aligned, holds so many entries, and is never freed.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(address, BUFFERS, BUFFER_GROUP, 0)
        }?;
        let mut buffers = Buffers {
            entries,
            memory,
            tail: 0,
        };
        (0..BUFFERS).for_each(|buffer| buffers.provide(buffer));
        Ok(buffers)
    }

    fn provide(&mut self, buffer: u16) {
        let position = usize::from(self.tail & (BUFFERS - 1));
        // SAFETY: the position is below the number of entries.
        let mut entry = unsafe { self.entries.add(position) };
        // SAFETY: it points to an entry, which the kernel reads only after the tail has passed it, below.
        let entry = unsafe { entry.as_mut() };
        entry.set_addr(self.memory as u64);
        entry.set_len(BUFFER_BYTES);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the tail lies in the first entry of a registered ring.
        let tail = unsafe { BufRingEntry::tail(self.entries.as_ptr()) };
        // SAFETY: two bytes, aligned, written by this thread alone while the kernel reads them.
        let tail = unsafe { &*tail.cast::<AtomicU16>() };
        tail.store(self.tail, Ordering::Release);
    }
}

fn page_aligned(bytes: usize) -> io::Result<NonNull<u8>> {
    const PAGE_BYTES: usize = 4096;
    let layout = Layout::from_size_align(bytes, PAGE_BYTES).map_err(io::Error::other)?;
    // SAFETY: no caller asks for nothing.
    NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}
