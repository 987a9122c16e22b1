//! What an application may do with the exchanges it was handed.
//!
//! Owns the [`Exchanges`] trait, implemented by every engine with the same observable behaviour. Methods take `&self`:
//! the implementation keeps its state in cells, because JavaScript calls back into the engine while the engine's own
//! turn is on the stack. No method waits. Called by: the application.

use std::cell::Ref;
use std::sync::Arc;

use bytes::Bytes;
pub use howth_clients::PeerAddress;
use howth_http1::{Rejection, RequestHead, ResponseHead, Trailers};

use crate::error::{Gone, InterimError, UpgradeError, WriteError};
use crate::{AddedFields, ConnectionId, ExchangeId, FileBody, ListenerId, Listeners, Place, TlsFacts};

/// The whole body of a response.
#[derive(Debug)]
pub enum Body<'a> {
    /// Bytes that stay the application's: what the kernel does not take at once is copied.
    Borrowed(&'a [u8]),
    /// Bytes that the engine may keep, so that a large body is not copied.
    Owned(Vec<u8>),
    /// Bytes that many responses have in common; a large body is not copied.
    Shared(Bytes),
    /// Bytes of a file, which are read as the client takes them.
    File(FileBody),
}

impl Body<'_> {
    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        match self {
            Body::Borrowed(bytes) => bytes.len() as u64,
            Body::Owned(bytes) => bytes.len() as u64,
            Body::Shared(bytes) => bytes.len() as u64,
            Body::File(body) => body.length,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same body, with nothing in it that is lent.
    pub fn into_owned(self) -> Body<'static> {
        match self {
            Body::Borrowed(bytes) => Body::Owned(bytes.to_vec()),
            Body::Owned(bytes) => Body::Owned(bytes),
            Body::Shared(bytes) => Body::Shared(bytes),
            Body::File(body) => Body::File(body),
        }
    }
}

/// Whether a response stream should go on producing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backpressure {
    /// Below the high watermark: write on.
    Ready,
    /// The chunk was taken, but the connection now holds more than its high watermark: stop until
    /// [`Event::Writable`](crate::Event::Writable).
    Full,
}

/// What a read of the request body gave.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyRead {
    /// The next bytes, never empty.
    Data(Vec<u8>),
    /// Nothing has arrived; [`Event::BodyReadable`](crate::Event::BodyReadable) follows.
    Pending,
    /// The body is complete and was read whole.
    End,
    /// The body broke off or broke a rule or a limit; the reason fits a sentence ("request body …").
    Failed(&'static str),
}

/// How an application ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// Once what was asked on it is answered.
    InOrder,
    /// Now: what was written goes out, and nothing more is read or answered.
    AtOnce,
    /// Now, by a reset.
    Reset,
}

/// The engine's side of the seam.
///
/// A response is either whole ([`respond`](Self::respond)) or a stream ([`start`](Self::start), any number of
/// [`write`](Self::write), then [`finish`](Self::finish) or [`fail`](Self::fail)). The engine adds framing
/// (`content-length`, `transfer-encoding`), `date` and `connection`, keeps responses of one connection in
/// request order, and leaves out the body where RFC 9110 forbids one (HEAD, 204, 304).
///
/// What has a body here is said in terms of the rest. Nothing else has: who passes calls on to another implementation cannot
/// forget one.
pub trait Exchanges {
    /// The request's head; stays readable until the exchange is over.
    ///
    /// The guard must be dropped before any other method is called.
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>>;

    /// Where the request came from: the client, where [trusted](crate::ClientOptions) proxies have told who that is; else the
    /// other end of the connection.
    fn peer_address(&self, id: ExchangeId) -> Option<PeerAddress>;

    /// Whether the client has asked by TLS, here or at a [trusted](crate::ClientOptions) proxy.
    fn is_secure(&self, id: ExchangeId) -> bool;

    /// What was agreed upon with the client, which stays true when the exchange is over; `None`: the request came in clear,
    /// or is over.
    fn tls_facts(&self, id: ExchangeId) -> Option<Arc<TlsFacts>>;

    /// [`tls_facts`](Self::tls_facts) of a connection; none as well where its handshake is not done.
    fn connection_tls_facts(&self, id: ConnectionId) -> Option<Arc<TlsFacts>>;

    /// Whether the client has closed its sending side, so that
    /// [`Event::Disconnected`](crate::Event::Disconnected) was told or is about to be. False for an exchange
    /// that is over.
    fn is_disconnected(&self, id: ExchangeId) -> bool;

    /// Whether the whole request body has arrived already, so that [`read_body`](Self::read_body) gives it
    /// in one piece. True as well for a request without a body.
    fn is_body_complete(&self, id: ExchangeId) -> bool;

    /// Takes what has arrived of the request body, at most `bytes_max` bytes. The first call sends
    /// `100 Continue` where the client waits for it (RFC 9110 section 10.1.1).
    fn read_body(&self, id: ExchangeId, bytes_max: usize) -> Result<BodyRead, Gone>;

    /// Hands a body that has arrived whole to `read`, in one piece and without giving its memory away, after which it
    /// counts as read; empty: there is no body, or nothing is left of it. False, and `read` is not called: it has not
    /// arrived whole.
    ///
    /// `read` must call no method of these.
    fn read_whole_body(&self, id: ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, Gone> {
        if !self.is_body_complete(id) {
            return self.head(id).map(|_| false).ok_or(Gone);
        }
        match self.read_body(id, usize::MAX)? {
            BodyRead::Data(bytes) => read(&bytes),
            BodyRead::End => read(&[]),
            BodyRead::Pending | BodyRead::Failed(_) => return Ok(false),
        }
        Ok(true)
    }

    /// Asks for the body to stay readable when the response is out: the exchange then lasts, beyond its
    /// [`Completed`](crate::Event::Completed), until the end or the failure of the body was read, the body is given up, or
    /// the client is gone before its end ([`Aborted`](crate::Event::Aborted)). May be called again, also after the response
    /// was begun.
    ///
    /// `is_read`: somebody reads it. Else somebody may, and no more of it is kept than would be drained; a longer one
    /// fails. One that is read, but of which nothing was taken for [`body_gap`](crate::Deadlines::body_gap), fails.
    ///
    /// False: nothing is kept, since the body has failed, too much of it is to come, or the client waits to be told to
    /// send it.
    fn keep_body(&self, id: ExchangeId, is_read: bool) -> Result<bool, Gone>;

    /// Gives up the request body: what arrives of it is drained up to the engine's limit.
    fn cancel_body(&self, id: ExchangeId) -> Result<(), Gone>;

    /// The trailer fields of the request (RFC 9110 section 6.5), which are there once its body is complete; none before, and
    /// where there are none. `None`: the exchange is over.
    ///
    /// The guard must be dropped before any other method is called.
    fn trailers(&self, id: ExchangeId) -> Option<Ref<'_, Trailers>>;

    /// Sends an interim response (RFC 9110 section 15.2), any number of them before the response is begun; 100 goes out only
    /// where the client waits for it. It is left out for a client of HTTP/1.0, which knows none, and where so much waits
    /// already that a stream would have to pause.
    fn inform(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), InterimError>;

    /// Changes the connection's protocol: answers with `head` a request that asks for an upgrade (101, RFC 9110 section 7.8)
    /// or for a tunnel (2xx to CONNECT, section 9.3.6). From then on [`read_body`](Self::read_body) gives what the client
    /// sends, its end included; [`write`](Self::write) sends; [`finish`](Self::finish) ends our side, and the other goes on;
    /// [`fail`](Self::fail) resets. The exchange is over when both sides have ended, and with it the connection. The engine
    /// has no deadline for it but that of a client that takes nothing, and those of a later [`set_timeout`](Self::set_timeout).
    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError>;

    /// Has the response carry fields beside its own, whoever gives it; more than one call adds more, and what was added last is
    /// nearest to the application. It is too late once the
    /// response was begun, and no error. Interim responses, a change of protocol, and what the application
    /// [encodes itself](Self::start_encoded) carry none.
    fn add_fields(&self, id: ExchangeId, fields: &Arc<AddedFields>) -> Result<(), Gone>;

    /// Answers with a whole body, which may be empty. A second answer is [`Gone`].
    ///
    /// A [file](Body::File) that ends before `length` bytes, or that cannot be read, breaks the response off as
    /// [`fail`](Self::fail) does, once what could be read of it is out; the exchange is then
    /// [aborted](crate::Event::Aborted).
    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone>;

    /// [`respond_with`](Self::respond_with) a body that stays the application's.
    fn respond(&self, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) -> Result<(), Gone> {
        self.respond_with(id, head, Body::Borrowed(body))
    }

    /// Begins a response of unknown length (`length: None`, sent chunked or until close) or of a length
    /// known beforehand in bytes.
    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone>;

    /// Adds a chunk to a response that was begun. With a known length, bytes beyond it are an error, and none of the
    /// chunk is sent.
    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError>;

    /// Ends a response that was begun. Fewer bytes than a known length are an error. Trailer fields (RFC 9110 section
    /// 6.5) go out only when the response is chunked.
    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError>;

    /// Breaks a response off, so that the client can tell: what was written of it is sent, and the connection is closed
    /// without the end of the body. Before [`start`](Self::start) it closes the connection without an answer; one that
    /// was given whole is [`Gone`]. Responses to earlier requests of the connection go out first, those that are not
    /// given yet as well; later requests are aborted.
    fn fail(&self, id: ExchangeId) -> Result<(), Gone>;

    /// Answers for an application that cannot: 503, and that it may be tried again soon (RFC 9110 sections 10.2.3,
    /// 15.6.4). A response that was begun breaks off.
    fn refuse(&self, id: ExchangeId) {
        let head = ResponseHead {
            status: 503,
            reason: None,
            fields: &[
                (b"content-type", b"text/plain;charset=UTF-8"),
                (b"retry-after", b"1"),
            ],
        };
        if self.respond(id, &head, b"Service Unavailable").is_err() {
            let _ = self.fail(id);
        }
    }

    /// Sets the deadline for this exchange's handler and silence on its connection, in seconds from now;
    /// 0 switches both off for this exchange.
    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone>;

    /// Has [`Event::Alarm`](crate::Event::Alarm) told of a tunnel ([`upgrade`](Self::upgrade)) once, in so many milliseconds, if
    /// it is not over by then; `None`: not at all. A new time takes the place of the one before.
    fn set_alarm(&self, id: ExchangeId, in_ms: Option<u64>) -> Result<(), Gone>;

    /// How many bytes of a response that was begun, or of a tunnel, wait for the client to take them; of one that is over, none.
    /// Of another core's, those that its engine has not been heard to take.
    fn unsent_bytes(&self, id: ExchangeId) -> u64;

    /// The connection of an exchange; `None`: the exchange is over, or the connection is another core's.
    fn connection(&self, id: ExchangeId) -> Option<ConnectionId>;

    /// Asks for [`Event::Closed`](crate::Event::Closed) when the connection has ended.
    fn watch_connection(&self, id: ConnectionId) -> Result<(), Gone>;

    /// The listener whose request it is; `None`: the exchange is over, or no listener of this core is in the request's
    /// [place](Self::place).
    fn listener(&self, id: ExchangeId) -> Option<ListenerId>;

    /// Where the request came in; `None`: the exchange is over.
    fn place(&self, id: ExchangeId) -> Option<Place>;

    /// Where a connection comes from, as far as no request tells; `None`: it has ended.
    fn connection_address(&self, id: ConnectionId) -> Option<PeerAddress>;

    /// How many bytes a connection has given, in clear text; `None`: it has ended.
    fn connection_bytes_read(&self, id: ConnectionId) -> Option<u64>;

    /// Ends a connection.
    fn end_connection(&self, id: ConnectionId, end: ConnectionEnd) -> Result<(), Gone>;

    /// Whether the connection would stay open behind a response that is given now, if its head lets it.
    fn stays_open(&self, id: ExchangeId) -> bool;

    /// Begins a response that the application encodes itself, head and framing included: what it
    /// [writes](Self::write) goes out as it is, interim responses included. [`finish_encoded`](Self::finish_encoded) ends it.
    fn start_encoded(&self, id: ExchangeId) -> Result<(), Gone>;

    /// Ends a response that the application encodes itself. Not `keep_alive`: its head has said that the connection closes, or
    /// its end is told by that.
    fn finish_encoded(&self, id: ExchangeId, keep_alive: bool) -> Result<(), Gone>;

    /// Why there is no request; its bytes, up to a bound, are read like a body.
    fn rejection(&self, id: ExchangeId) -> Option<Rejection>;

    /// Makes the connection a tunnel as [`upgrade`](Self::upgrade) does, for an application that encodes its answer itself:
    /// the first that it writes. Also of a request that asks for no other protocol, if nothing was decoded behind it.
    fn upgrade_encoded(&self, id: ExchangeId) -> Result<(), UpgradeError>;

    /// What counts for the connections of each listener.
    fn listeners(&self) -> &dyn Listeners;

    /// How many exchanges wait for the end of their response.
    fn pending(&self) -> usize;

    /// All exchanges whose response was not begun; takes time in proportion to all that there ever were at once.
    fn owed(&self) -> Vec<ExchangeId>;
}
