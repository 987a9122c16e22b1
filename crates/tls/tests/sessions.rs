//! Sessions against rustls' client, in memory: records that are split anywhere, that are broken, and that are none.

use std::io::{Read, Write};
use std::sync::Arc;

use howth_engine::{Opened, Sealed, TlsFailure, TlsServer, TlsSession};
use howth_tls::{Identity, Server, Settings, Tickets, Version, self_signed};
use proptest::prelude::*;
use rustls::crypto::aws_lc_rs;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384;
use rustls::crypto::cipher::{MessageEncrypter, OutboundChunks, OutboundPlainMessage};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, ConnectionTrafficSecrets, ContentType, ProtocolVersion, RootCertStore,
};

struct Both {
    session: Box<dyn TlsSession>,
    client: ClientConnection,
    /// What the session has told.
    plain: Vec<u8>,
    agreed: usize,
    has_ended: bool,
}

fn identity() -> Identity {
    self_signed(&[]).expect("a certificate")
}

fn client(identity: &Identity) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&identity.certificates.text) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    let mut configuration = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    configuration.enable_secret_extraction = true;
    let name = ServerName::try_from("localhost").expect("a name");
    ClientConnection::new(Arc::new(configuration), name).expect("a client")
}

impl Both {
    fn new(version: Version) -> Self {
        let identity = identity();
        let mut settings = Settings::new(identity.clone());
        (settings.version_min, settings.version_max) = (version, version);
        let server = Server::new(&settings, &Tickets::default()).expect("good settings");
        Both {
            session: server.accept(),
            client: client(&identity),
            plain: Vec::new(),
            agreed: 0,
            has_ended: false,
        }
    }

    /// What the client has to send.
    fn of_client(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut bytes).expect("memory");
        }
        bytes
    }

    /// The session takes `bytes` in pieces as long as these say, again and again.
    fn give(&mut self, bytes: &[u8], pieces: &[usize]) -> bool {
        let mut rest = bytes;
        for piece in pieces.iter().cycle() {
            if rest.is_empty() {
                return true;
            }
            let (now, later) = rest.split_at((*piece).clamp(1, rest.len()));
            rest = later;
            let mut out = Sealed::default();
            let (plain, agreed, has_ended) = (&mut self.plain, &mut self.agreed, &mut self.has_ended);
            let result = self.session.receive(now, &mut out, &mut |opened| match opened {
                Opened::Agreed(_) => *agreed += 1,
                Opened::Plain(bytes) => plain.extend_from_slice(bytes),
                Opened::End => *has_ended = true,
            });
            if self.client_takes(&out).is_err() || result.is_err() {
                return false;
            }
        }
        true
    }

    fn client_takes(&mut self, mut bytes: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let mut plain = Vec::new();
        while !bytes.is_empty() {
            self.client.read_tls(&mut bytes).expect("memory");
            self.client.process_new_packets()?;
            let mut chunk = [0; 32 * 1024];
            while let Ok(length @ 1..) = self.client.reader().read(&mut chunk) {
                plain.extend_from_slice(&chunk[..length]);
            }
        }
        Ok(plain)
    }

    fn shake_hands(&mut self, pieces: &[usize]) {
        for _ in 0..4 {
            let bytes = self.of_client();
            assert!(self.give(&bytes, pieces), "the handshake fails");
        }
        assert!(!self.client.is_handshaking() && !self.session.is_handshaking());
        assert_eq!(self.agreed, 1);
    }
}

fn versions() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::Tls12), Just(Version::Tls13)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the bytes are cut, what was sent is what comes, both ways, and the end is told once behind it.
    #[test]
    fn carries_what_was_sent(
        version in versions(),
        pieces in proptest::collection::vec(1_usize..4000, 1..5),
        asked in proptest::collection::vec(any::<u8>(), 0..70_000),
        answered in proptest::collection::vec(any::<u8>(), 0..100_000),
    ) {
        let mut both = Both::new(version);
        both.shake_hands(&pieces);
        both.client.set_buffer_limit(None);
        both.client.writer().write_all(&asked).expect("memory");
        both.client.send_close_notify();
        let bytes = both.of_client();
        prop_assert!(both.give(&bytes, &pieces));
        prop_assert!(both.plain == asked);
        prop_assert!(both.has_ended);
        let mut sealed = Sealed::default();
        both.session.seal(&answered, &mut sealed).expect("an open session");
        both.session.close(&mut sealed);
        prop_assert!(both.client_takes(&sealed).expect("good records") == answered);
        prop_assert_eq!(both.client.process_new_packets().expect("good records").peer_has_closed(), true);
    }

    /// Whatever a client says, or changes of what a good one says: an error at most.
    #[test]
    fn no_bytes_do_harm(
        version in versions(),
        pieces in proptest::collection::vec(1_usize..600, 1..4),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        tail in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut both = Both::new(version);
        for _ in 0..4 {
            let mut bytes = both.of_client();
            bytes.extend_from_slice(&tail);
            for (place, value) in &changes {
                if !bytes.is_empty() {
                    let place = place.index(bytes.len());
                    bytes[place] ^= value;
                }
            }
            if !both.give(&bytes, &pieces) {
                break;
            }
        }
        let mut out = Sealed::default();
        both.session.close(&mut out);
    }

    /// Nor what is no TLS at all.
    #[test]
    fn nonsense_is_refused(first in any::<u8>(), rest in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut both = Both::new(Version::Tls13);
        let bytes: Vec<u8> = std::iter::once(first).chain(rest).collect();
        both.give(&bytes, &[7, 100]);
        prop_assert!(both.plain.is_empty() && both.agreed == 0);
    }
}

#[test]
fn a_session_that_is_idle_holds_nothing_of_what_came() {
    let mut both = Both::new(Version::Tls13);
    both.shake_hands(&[100]);
    both.client.writer().write_all(&[7; 10_000]).expect("memory");
    let bytes = both.of_client();
    assert!(both.give(&bytes[..9_000], &[1_000]));
    assert_eq!(both.plain.len(), 0, "a record is told of before it is whole");
    assert!(both.give(&bytes[9_000..], &[1_000]));
    assert_eq!(both.plain, [7; 10_000]);
}

#[test]
fn who_speaks_http_is_found_out() {
    let mut session = Both::new(Version::Tls13).session;
    let mut out = Sealed::default();
    let result = session.receive(b"GET / HTTP/1.1\r\n", &mut out, &mut |_| {
        panic!("something was told")
    });
    assert_eq!((result, &*out), (Err(TlsFailure::ClearText), &b""[..]));
}

/// Gives what `next` makes until the session ends; how many bytes it has taken.
fn taken(
    session: &mut dyn TlsSession,
    bytes_max: usize,
    mut next: impl FnMut() -> Vec<u8>,
) -> (usize, Vec<u8>) {
    let (mut bytes, mut out) = (0, Sealed::default());
    while bytes < bytes_max {
        let record = next();
        bytes += record.len();
        let result = session.receive(&record, &mut out, &mut |opened| panic!("told of {opened:?}"));
        if result.is_err() {
            assert!(!out.is_empty(), "nothing is said");
            break;
        }
    }
    (bytes, out.to_vec())
}

#[test]
fn a_message_of_the_handshake_in_many_records_is_bounded() {
    let mut session = Both::new(Version::Tls13).session;
    // A ClientHello of 65,000 bytes, each in a record of its own.
    let mut message = [1, 0, 0xfd, 0xe8].into_iter().chain(std::iter::repeat(0));
    let (bytes, out) = taken(&mut *session, 300_000, || {
        vec![22, 3, 1, 0, 1, message.next().unwrap_or(0)]
    });
    assert!((64 << 10..100 << 10).contains(&bytes), "{bytes} bytes");
    assert_eq!(out[0], 21, "an alert");
}

/// RFC 8446 section 5.4: all of a record but one byte may be padding.
#[test]
fn padding_behind_pieces_of_a_message_is_bounded() {
    let mut both = Both::new(Version::Tls13);
    both.shake_hands(&[usize::MAX]);
    let (number, secrets) = both
        .client
        .dangerous_extract_secrets()
        .expect("an open session")
        .tx;
    let ConnectionTrafficSecrets::Aes256Gcm { key, iv } = secrets else {
        panic!("another suite");
    };
    let suite = TLS13_AES_256_GCM_SHA384.tls13().expect("a suite of TLS 1.3");
    let mut sealer: Box<dyn MessageEncrypter> = suite.aead_alg.encrypter(key, iv);
    // A KeyUpdate that says it is of 65,000 bytes.
    let mut message = [24, 0, 0xfd, 0xe8]
        .into_iter()
        .chain(std::iter::repeat(0))
        .zip(number..);
    let (bytes, _) = taken(&mut *both.session, 10 << 20, || {
        let (byte, number) = message.next().expect("it has no end");
        let mut inner = vec![0; 16 * 1024];
        (inner[0], inner[1]) = (byte, u8::from(ContentType::Handshake));
        let padded = OutboundPlainMessage {
            typ: ContentType::Unknown(0),
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::Single(&inner),
        };
        sealer.encrypt(padded, number).expect("a record").encode()
    });
    assert!(bytes <= 3 * 17 * 1024, "{bytes} bytes are kept");
}

/// rustls judges no record twice: it would say twice what is wrong with it.
#[test]
fn one_alert_is_said_of_a_bad_record() {
    let mut session = Both::new(Version::Tls13).session;
    let mut out = Sealed::default();
    let result = session.receive(&[22, 9, 9, 255, 255, 0], &mut out, &mut |_| {
        panic!("something was told")
    });
    assert_eq!(result, Err(TlsFailure::Session));
    assert_eq!((out[0], out.len()), (21, 7), "{out:?}");
}
