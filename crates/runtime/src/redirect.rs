//! Sending clients that come in clear to where TLS is spoken: `--redirect-http`.
//!
//! Owns a listener of its own, a thread, and an engine on it, which has the bounds and deadlines of any. Never calls
//! JavaScript. Called by: the first steps of the process; a core, which says where TLS is spoken.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use howth_engine::{EngineOptions, Event, ExchangeId, Exchanges, Handler, Turn};
use howth_http1::{RequestHead, ResponseHead};
use howth_io_portable::PortableEngine;
use howth_supervision::tell;
use socket2::{Domain, Protocol, Socket, Type};

/// Clients that wait to be accepted.
const BACKLOG: i32 = 1024;

/// Where TLS is spoken; 0: nowhere yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecurePort(Arc<AtomicU32>);

impl SecurePort {
    pub(crate) fn set(&self, port: u16) {
        self.0.store(u32::from(port), Ordering::Relaxed);
    }
}

/// Begins to send clients away, until the process ends.
///
/// # Errors
/// Nobody can listen there, or a thread could not be made.
pub(crate) fn begin(address: SocketAddr, options: EngineOptions, port: SecurePort) -> io::Result<()> {
    let listener = listen(address)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let serve = move || {
        if let Err(error) = runtime.block_on(serve(listener, options, port)) {
            tell(format_args!(
                "howth: --redirect-http: {error}; clients in clear are not served any more"
            ));
        }
    };
    let thread = std::thread::Builder::new().name("redirect".to_owned());
    thread.spawn(serve).map(drop)
}

/// A process that takes this one's place listens there as well meanwhile.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

async fn serve(listener: TcpListener, options: EngineOptions, port: SecurePort) -> io::Result<()> {
    let mut engine = PortableEngine::new(vec![listener.into()], options)?;
    let exchanges = engine.exchanges();
    let mut redirect = Redirect { exchanges, port };
    poll_fn(move |context| {
        loop {
            match engine.poll_turn(context, &mut redirect) {
                Poll::Ready(Turn::Worked | Turn::Idle) => {}
                Poll::Ready(Turn::Finished) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
    Ok(())
}

struct Redirect {
    exchanges: Rc<dyn Exchanges>,
    port: SecurePort,
}

impl Handler for Redirect {
    fn on_batch(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Request(id) = event {
                self.answer(*id);
            }
        }
    }
}

impl Redirect {
    fn answer(&self, id: ExchangeId) {
        let port = self.port.0.load(Ordering::Relaxed);
        let location = self.exchanges.head(id).map(|head| location(&head, port));
        let Some(Some(location)) = location else {
            // Nobody speaks TLS yet, or the client does not say whom it has asked.
            return self.exchanges.refuse(id);
        };
        let head = ResponseHead {
            // RFC 9110 section 15.4.9: the method stays what it is.
            status: 308,
            reason: None,
            fields: &[(b"location", &location)],
        };
        // A client that is gone needs no answer.
        let _ = self.exchanges.respond(id, &head, b"");
    }
}

/// The same, by TLS: with the host that the client has named, and the port that is not said if it is HTTPS's own.
fn location(head: &RequestHead, port: u32) -> Option<Vec<u8>> {
    let (_, authority, path) = head.request_bytes();
    let authority = authority.filter(|authority| !authority.is_empty() && port > 0)?;
    let bracket = authority.iter().rposition(|byte| *byte == b']');
    let colon = authority.iter().rposition(|byte| *byte == b':');
    let end = colon.filter(|colon| bracket.is_none_or(|bracket| bracket < *colon));
    let mut location = b"https://".to_vec();
    location.extend_from_slice(&authority[..end.unwrap_or(authority.len())]);
    if port != 443 {
        location.extend_from_slice(format!(":{port}").as_bytes());
    }
    if path.first() != Some(&b'/') {
        location.push(b'/');
    }
    if path != b"*" {
        location.extend_from_slice(path);
    }
    Some(location)
}

#[cfg(test)]
mod tests {
    use howth_http1::{Decoder, Limits};

    use super::*;

    #[test]
    fn what_was_asked_for_is_kept() {
        for (request, port, expected) in [
            ("GET /a?b=c HTTP/1.1\r\nhost: h\r\n\r\n", 443, "https://h/a?b=c"),
            (
                "GET /a HTTP/1.1\r\nhost: h:8080\r\n\r\n",
                8443,
                "https://h:8443/a",
            ),
            ("GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n", 443, "https://[::1]/"),
            (
                "GET / HTTP/1.1\r\nhost: [::1]\r\n\r\n",
                8443,
                "https://[::1]:8443/",
            ),
            ("OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n", 443, "https://h/"),
        ] {
            let mut head = RequestHead::new();
            let decoded = Decoder::new().decode(request.as_bytes(), &Limits::default(), &mut head);
            decoded.expect("a valid head");
            let location = location(&head, port).expect("a location");
            assert_eq!(String::from_utf8(location).expect("ASCII"), expected);
        }
    }
}
