//! The state of one exchange: a request that was read and the response that is owed.
//!
//! Owns the head, the part of the request body that waits for the application, and the part of the response that waits
//! for earlier responses of its connection. Slots are reused, so that a request allocates nothing once the table has
//! warmed up. Decides nothing. Called by: all modules beside.

use std::sync::Arc;

use howth_clients::Counted;
use howth_engine::body::Keep;
use howth_engine::{AddedFields, FileBody};
use howth_http1::{BodyLength, Rejection, RequestFacts, RequestHead, Trailers, Version};

use crate::coded_body::CodedBody;
use crate::connection::End;

/// How far the request body is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BodyState {
    /// Everything has arrived.
    #[default]
    Complete,
    /// More is to come.
    Arriving,
    /// Nobody wants the rest.
    Cancelled,
    /// It broke off or broke a rule; why, as the end of a sentence that begins "the request body".
    Failed(&'static str),
}

/// How far the response is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResponseState {
    /// The application has not begun.
    #[default]
    Owed,
    /// Begun, chunked.
    Chunked,
    /// Begun, with so many bytes left to write of those that its head says.
    Counted { declared: u64, left: u64 },
    /// Begun, ended by the close of the connection.
    UntilClose,
    /// Begun, and encoded by the application: where it ends, the application says.
    Encoded,
    /// The connection changed its protocol: bytes, until either side ends.
    Tunnel,
    /// Begun, but the client gets no body (HEAD, 204, 304).
    Bodyless,
    /// Written whole. Whether its end is told by that of the connection.
    Written { by_close: bool },
    /// Nothing more is written, and it is not whole, or not the application's. How the end of
    /// the connection is then told.
    Broken { end: End },
}

/// One exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) connection: u32,
    /// Its stream, where the connection speaks HTTP/2; else 0.
    pub(crate) stream: u32,
    /// The next exchange of the same connection.
    pub(crate) next: Option<u32>,
    pub(crate) head: RequestHead,
    pub(crate) facts: RequestFacts,
    pub(crate) body: BodyState,
    /// The trailer section of the body, where it has one.
    pub(crate) trailers: Trailers,
    /// Request body bytes that wait for the application.
    pub(crate) body_bytes: Vec<u8>,
    /// Where they are encoded, and decoded as they are read.
    pub(crate) coded: Option<Box<CodedBody>>,
    /// A read answered `Pending`.
    pub(crate) body_awaited: bool,
    pub(crate) keep: Keep,
    /// The response was sent whole and the application was told; the exchange lasts for its body only.
    pub(crate) is_answered: bool,
    /// The client waits for `100 Continue` and has not got it.
    pub(crate) continue_owed: bool,
    pub(crate) response: ResponseState,
    pub(crate) keep_alive: bool,
    /// Response bytes that wait for earlier responses.
    pub(crate) held: Vec<u8>,
    /// A body in a file, which waits behind them.
    pub(crate) held_file: Option<Box<FileBody>>,
    /// Where the response begins: in `held`, or, once it is its turn, in the connection's output.
    pub(crate) begins_at: u64,
    /// A write answered `Full`.
    pub(crate) writable_awaited: bool,
    /// Where the response ends in the connection's output, once nothing more of it is written.
    pub(crate) ends_at: u64,
    /// When the handler is given up, in milliseconds of the engine's clock; `u64::MAX`: never.
    pub(crate) handler_deadline_ms: u64,
    /// How long the application lets itself and the client be silent, in milliseconds; 0: not set.
    pub(crate) timeout_ms: u64,
    /// When the application is told of a time that it has set for a tunnel; `u64::MAX`: it has set none.
    pub(crate) alarm_ms: u64,
    /// The exchange is the engine's own: a rejection, or one taken over from the application.
    pub(crate) silent: bool,
    /// The application asked for no deadlines at all.
    pub(crate) no_deadlines: bool,
    /// There is no request, and the application is to answer that.
    pub(crate) rejection: Option<Rejection>,
    /// The request, where those of an address are counted.
    pub(crate) counted: Option<Counted>,
    /// What the response gets beside the application's fields.
    pub(crate) added: Vec<Arc<AddedFields>>,
}

impl Default for Exchange {
    fn default() -> Self {
        Exchange {
            connection: 0,
            stream: 0,
            next: None,
            head: RequestHead::new(),
            facts: RequestFacts {
                version: Version::Http11,
                is_head: false,
                is_connect: false,
                keep_alive: true,
            },
            body: BodyState::Complete,
            trailers: Trailers::new(),
            body_bytes: Vec::new(),
            coded: None,
            body_awaited: false,
            keep: Keep::Nothing,
            is_answered: false,
            continue_owed: false,
            response: ResponseState::Owed,
            keep_alive: true,
            held: Vec::new(),
            held_file: None,
            begins_at: 0,
            writable_awaited: false,
            ends_at: 0,
            handler_deadline_ms: u64::MAX,
            timeout_ms: 0,
            alarm_ms: u64::MAX,
            silent: false,
            no_deadlines: false,
            rejection: None,
            counted: None,
            added: Vec::new(),
        }
    }
}

impl Exchange {
    /// Makes the slot's last exchange a new one; `self.head` was filled by the decoder already.
    pub(crate) fn open(&mut self, connection: u32, handler_deadline_ms: u64) {
        self.connection = connection;
        self.stream = 0;
        self.next = None;
        self.facts = RequestFacts::from(&self.head);
        self.body = match self.head.body() {
            BodyLength::None | BodyLength::Known(0) => BodyState::Complete,
            BodyLength::Known(_) | BodyLength::Chunked => BodyState::Arriving,
        };
        self.trailers.clear();
        self.body_bytes.clear();
        self.coded = None;
        self.body_awaited = false;
        self.keep = Keep::Nothing;
        self.is_answered = false;
        self.continue_owed = self.head.expects_continue() && self.body == BodyState::Arriving;
        self.response = ResponseState::Owed;
        self.keep_alive = self.facts.keep_alive;
        self.held.clear();
        self.held_file = None;
        self.begins_at = 0;
        self.writable_awaited = false;
        self.ends_at = 0;
        self.handler_deadline_ms = handler_deadline_ms;
        self.timeout_ms = 0;
        self.alarm_ms = u64::MAX;
        self.silent = false;
        self.no_deadlines = false;
        self.rejection = None;
        self.added.clear();
    }

    /// Lets go of what a large request or response made the slot allocate, and of what was counted.
    pub(crate) fn close(&mut self) {
        const KEPT_BYTES_MAX: usize = 4096;
        self.counted = None;
        self.coded = None;
        self.added = Vec::new();
        self.trailers = Trailers::new();
        self.held_file = None;
        if self.body_bytes.capacity() > KEPT_BYTES_MAX {
            self.body_bytes = Vec::new();
        }
        if self.held.capacity() > KEPT_BYTES_MAX {
            self.held = Vec::new();
        }
    }

    /// Whether an answer may change the connection's protocol (RFC 9110 sections 7.8 and 9.3.6).
    pub(crate) fn asks_to_switch(&self) -> bool {
        self.facts.is_connect || self.head.upgrade().is_some()
    }

    /// Whether the application may begin to answer: not twice, and not once the engine is about to refuse.
    pub(crate) fn may_begin(&self) -> bool {
        !self.has_begun() && !matches!(self.body, BodyState::Failed(_))
    }

    /// Whether the exchange is to last for its body when the response is out.
    pub(crate) fn lasts(&self) -> bool {
        self.keep != Keep::Nothing
    }

    /// Whether a read gives all of the body in one piece.
    pub(crate) fn has_whole_body(&self) -> bool {
        self.body == BodyState::Complete && self.coded.is_none()
    }

    /// Whether the application has begun to answer.
    pub(crate) fn has_begun(&self) -> bool {
        self.response != ResponseState::Owed
    }

    /// Whether nothing more of the response is written.
    pub(crate) fn is_over(&self) -> bool {
        matches!(
            self.response,
            ResponseState::Written { .. } | ResponseState::Broken { .. }
        )
    }

    /// Whether the client takes the connection's end for that of the response.
    pub(crate) fn ends_by_close(&self) -> bool {
        matches!(
            self.response,
            // Of what the application encodes nobody knows here how its end is told.
            ResponseState::UntilClose
                | ResponseState::Encoded
                | ResponseState::Tunnel
                | ResponseState::Written { by_close: true }
        )
    }
}
