//! What is printed of settings and of what comes of them, wherever somebody prints it: no key, no passphrase.

use std::fmt::Debug;

use howth_engine::TlsServer;
use howth_tls::{Identity, Server, Settings, Tickets, self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

fn identity() -> Identity {
    Identity {
        passphrase: Some("open sesame".to_owned()),
        ..self_signed(&[]).expect("a certificate")
    }
}

/// As PEM, as bytes of it or of DER; in one line and in many.
#[track_caller]
fn shows_no_secret(shown: &dyn Debug, identity: &Identity) {
    let without_spaces = |text: String| text.replace(char::is_whitespace, "");
    let all = without_spaces(format!("{shown:?}{shown:#?}"));
    let pem = &identity.key.text;
    let der = PrivateKeyDer::from_pem_slice(pem).expect("PEM");
    let line = String::from_utf8_lossy(pem)
        .lines()
        .nth(1)
        .expect("PEM")
        .to_owned();
    let bytes = |bytes: &[u8]| {
        without_spaces(format!("{bytes:?}"))
            .trim_matches(['[', ']'])
            .to_owned()
    };
    let secrets = [
        line,
        bytes(&pem[..40]),
        bytes(&der.secret_der()[40..60]),
        "opensesame".to_owned(),
    ];
    for secret in secrets {
        assert!(!all.contains(&secret), "{secret} is shown: {all}");
    }
}

#[test]
fn settings_show_no_secret() {
    let identity = identity();
    shows_no_secret(&identity, &identity);
    shows_no_secret(&identity.key, &identity);
    shows_no_secret(&Settings::new(identity.clone()), &identity);
}

#[test]
fn servers_and_sessions_show_no_secret() {
    let (identity, tickets) = (identity(), Tickets::default());
    let server = Server::new(&Settings::new(identity.clone()), &tickets).expect("good settings");
    shows_no_secret(&server, &identity);
    shows_no_secret(&server.accept(), &identity);
    // What seals tickets is not known here: nothing of it is named at all.
    assert_eq!(format!("{tickets:?}"), "Tickets { .. }");
}
