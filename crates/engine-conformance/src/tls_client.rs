//! A client that speaks TLS, as a stream of clear text; and who it trusts.
//!
//! Owns the client's session. Never checks what it carries: the cases do. Called by: `harness`, for cases that run by TLS;
//! `secure`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use howth_engine::EngineOptions;
use howth_tls::{Identity, Server, Settings, Tickets, self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use socket2::SockRef;

use super::harness::{Connect, Listen, MakeHandler, Running, Start};
use super::place::Stream;

/// An identity for `localhost`.
pub fn identity() -> Identity {
    self_signed(&[]).expect("a certificate")
}

/// A server with that identity.
pub fn server(identity: Identity) -> Arc<Server> {
    Server::new(&Settings::new(identity), &Tickets::default()).expect("good settings")
}

/// A client that trusts an identity's certificate, with one of its own perhaps.
pub fn configuration(trusted: &Identity, own: Option<&Identity>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&trusted.certificates.text) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain = CertificateDer::pem_slice_iter(&own.certificates.text);
            let chain = chain.collect::<Result<_, _>>().expect("PEM");
            let key = PrivateKeyDer::from_pem_slice(&own.key.text).expect("PEM");
            builder.with_client_auth_cert(chain, key).expect("a pair")
        }
    }
}

/// Starts an engine as `start` does, by TLS with a new identity. Its clients trust that.
pub fn start_secure(start: Start, options: EngineOptions, make_handler: MakeHandler) -> Running {
    let (tls, connect) = secure();
    Running {
        connect: Some(connect),
        ..start(Listen::Secure(tls), options, make_handler)
    }
}

/// What an engine listens with, and how clients connect to it.
fn secure() -> (Arc<Server>, Connect) {
    let identity = identity();
    let configuration = Arc::new(configuration(&identity, None));
    let connect = move |socket| {
        let stream = TlsStream::connect(socket, &configuration, "localhost");
        Box::new(stream.expect("a handshake")) as Box<dyn Stream>
    };
    (server(identity), Box::new(connect))
}

/// The client's end of a connection.
pub struct TlsStream {
    socket: TcpStream,
    shared: Arc<Shared>,
}

struct Shared {
    session: Mutex<ClientConnection>,
    /// Sealed, and not sent.
    unsent: Mutex<Vec<u8>>,
}

impl Shared {
    /// What is not sent, once nobody sends it.
    fn unsent_within(&self, patience: Duration) -> io::Result<MutexGuard<'_, Vec<u8>>> {
        let until = Instant::now() + patience;
        loop {
            match self.unsent.try_lock() {
                Ok(unsent) => return Ok(unsent),
                Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(1)),
                Err(_) => return Err(ErrorKind::WouldBlock.into()),
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TlsStream {
    /// Makes the handshake.
    ///
    /// # Errors
    /// It fails.
    pub fn connect(mut socket: TcpStream, configuration: &Arc<ClientConfig>, name: &str) -> io::Result<Self> {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let mut session = ClientConnection::new(configuration.clone(), name).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut socket)?;
        }
        session.set_buffer_limit(None);
        let shared = Shared {
            session: Mutex::new(session),
            unsent: Mutex::default(),
        };
        Ok(TlsStream {
            socket,
            shared: Arc::new(shared),
        })
    }

    /// What of the session the test wants to know.
    pub fn with<R>(&self, ask: impl FnOnce(&mut ClientConnection) -> R) -> R {
        ask(&mut lock(&self.shared.session))
    }

    /// The socket below.
    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }

    fn second_hold(&self) -> TlsStream {
        TlsStream {
            socket: self.socket.try_clone().expect("a descriptor"),
            shared: self.shared.clone(),
        }
    }

    fn flush(&self, unsent: &mut Vec<u8>) -> io::Result<()> {
        while !unsent.is_empty() {
            let sent = (&self.socket).write(unsent)?;
            unsent.drain(..sent);
        }
        Ok(())
    }

    fn seal(&self, unsent: &mut Vec<u8>, act: impl FnOnce(&mut ClientConnection)) {
        let mut session = lock(&self.shared.session);
        act(&mut session);
        while session.wants_write() {
            session.write_tls(unsent).expect("memory");
        }
    }
}

impl Stream for TlsStream {
    fn read(&mut self, chunk: &mut [u8], patience: Duration) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(patience))?;
        loop {
            let read = lock(&self.shared.session).reader().read(chunk);
            match read {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            // Whoever writes meanwhile needs the session.
            self.socket.peek(&mut [0])?;
            let mut session = lock(&self.shared.session);
            session.read_tls(&mut self.socket)?;
            session.process_new_packets().map_err(io::Error::other)?;
        }
    }

    fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(patience))?;
        let shared = self.shared.clone();
        let mut unsent = shared.unsent_within(patience)?;
        self.flush(&mut unsent)?;
        let taken = bytes.len().min(16 * 1024);
        self.seal(&mut unsent, |session| {
            session.writer().write_all(&bytes[..taken]).expect("memory");
        });
        match self.flush(&mut unsent) {
            Err(error) if !super::place::is_timeout(&error) => Err(error),
            Err(_) => {
                // What was taken goes out all the same.
                let second = self.second_hold();
                std::thread::spawn(move || {
                    let _ = second.socket.set_write_timeout(None);
                    let _ = second.flush(&mut lock(&second.shared.unsent));
                });
                Ok(taken)
            }
            Ok(()) => Ok(taken),
        }
    }

    fn second(&self) -> Box<dyn Stream> {
        Box::new(self.second_hold())
    }

    fn end(&self) -> io::Result<()> {
        let mut unsent = lock(&self.shared.unsent);
        self.seal(&mut unsent, |session| session.send_close_notify());
        self.flush(&mut unsent)?;
        self.socket.shutdown(Shutdown::Write)
    }

    fn reset_on_close(&self) {
        SockRef::from(&self.socket)
            .set_linger(Some(Duration::ZERO))
            .expect("SO_LINGER");
    }

    fn hold_unread(&self, bytes: usize) {
        SockRef::from(&self.socket)
            .set_send_buffer_size(bytes)
            .expect("SO_SNDBUF");
    }
}
