//! Certificates of clients, the server's own by the host that is asked for, and such that change.

use std::sync::Arc;

use howth_engine::EngineOptions;
use howth_tls::{Identity, Server as Tls, Settings, Tickets};

use super::client::Client;
use super::harness::Start;
use super::secure::{GET, client, connect, echo, facts_by_request, manual};
use super::tls_client::{configuration, identity, server as tls_with};

/// An authority, and a certificate that it has issued.
fn issued() -> (Identity, Identity) {
    let issue = |name: &str, issuer: Option<&rcgen::Issuer<'_, rcgen::KeyPair>>| {
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        if issuer.is_none() {
            parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = match issuer {
            None => parameters.self_signed(&key),
            Some(issuer) => parameters.signed_by(&key, issuer),
        };
        let certificate = certificate.expect("a certificate").pem();
        let pem = |text: String| howth_tls::Pem {
            place: name.to_owned(),
            text: text.into_bytes(),
        };
        let identity = Identity {
            certificates: pem(certificate),
            key: pem(key.serialize_pem()),
            passphrase: None,
            server_names: Vec::new(),
        };
        (identity, parameters, key)
    };
    let (authority, parameters, key) = issue("authority", None);
    let issuer = rcgen::Issuer::new(parameters, key);
    let (own, ..) = issue("client", Some(&issuer));
    (authority, own)
}

fn asks_clients(identity: &Identity, authority: &Identity, rejects: bool) -> Arc<Tls> {
    let settings = Settings {
        authorities: vec![authority.certificates.clone()],
        requests_certificate: true,
        rejects_unauthorized: rejects,
        ..Settings::new(identity.clone())
    };
    Tls::new(&settings, &Tickets::default()).expect("good settings")
}

pub fn knows_clients_by_their_certificates(start: Start) {
    let (identity, (authority, own)) = (identity(), issued());
    let server = manual(start, asks_clients(&identity, &authority, true));
    // Who is trusted to issue certificates is also known itself.
    for own in [own, authority] {
        let stream =
            connect(&server, configuration(&identity, Some(&own)), "localhost").expect("a handshake");
        let mut client = Client::over(Box::new(stream));
        let facts = facts_by_request(&server, &mut client);
        assert_eq!((facts.is_authorized, facts.unauthorized.as_deref()), (true, None));
        assert_eq!(facts.peer_certificates.len(), 1);
        server.next_event();
    }
}

pub fn turns_clients_without_a_certificate_away(start: Start) {
    let (identity, (authority, _)) = (identity(), issued());
    let server = echo(
        start,
        asks_clients(&identity, &authority, true),
        EngineOptions::default(),
    );
    let stranger = self::identity();
    for own in [None, Some(&stranger)] {
        // By TLS 1.3 a client is done before the server has looked at its certificate.
        let Ok(stream) = connect(&server, configuration(&identity, own), "localhost") else {
            continue;
        };
        let mut client = Client::over(Box::new(stream));
        client.try_send(GET);
        assert!(client.fails(), "somebody was answered");
    }
    assert_eq!(server.counters().requests, 0);
}

pub fn tells_who_is_not_authorized(start: Start) {
    let (identity, (authority, _)) = (identity(), issued());
    let server = manual(start, asks_clients(&identity, &authority, false));
    let stranger = self::identity();
    for (own, reason) in [
        (None, "UNABLE_TO_GET_ISSUER_CERT"),
        (Some(&stranger), "DEPTH_ZERO_SELF_SIGNED_CERT"),
    ] {
        let stream = connect(&server, configuration(&identity, own), "localhost").expect("a handshake");
        let mut client = Client::over(Box::new(stream));
        let facts = facts_by_request(&server, &mut client);
        assert!(!facts.is_authorized);
        assert_eq!(facts.unauthorized.as_deref(), Some(reason));
        server.next_event();
    }
}

pub fn shows_the_certificate_that_is_asked_for(start: Start) {
    let named = |name: &str| {
        let mut identity = howth_tls::self_signed(&[name.to_owned()]).expect("a name");
        identity.server_names = vec![name.to_owned()];
        identity
    };
    let (first, second, wild) = (identity(), named("b.test"), named("*.c.test"));
    let settings = Settings {
        identities: vec![first.clone(), second.clone(), wild.clone()],
        ..Settings::new(first.clone())
    };
    let tls = Tls::new(&settings, &Tickets::default()).expect("good settings");
    let server = echo(start, tls, EngineOptions::default());
    for (name, trusted) in [("localhost", &first), ("b.test", &second), ("x.c.test", &wild)] {
        let stream = connect(&server, configuration(trusted, None), name).expect(name);
        assert_eq!(Client::over(Box::new(stream)).get("/").text(), "/");
    }
}

pub fn begins_with_other_settings_once_they_have_changed(start: Start) {
    let (before, after) = (identity(), identity());
    let tls = tls_with(before.clone());
    let server = echo(start, tls.clone(), EngineOptions::default());
    let mut open = client(&server, &before);
    assert_eq!(open.get("/").text(), "/");
    let tickets = Tickets::default();
    tls.replace(&Settings::new(after.clone()), &tickets)
        .expect("good settings");
    assert!(connect(&server, configuration(&before, None), "localhost").is_err());
    assert_eq!(client(&server, &after).get("/").text(), "/");
    assert_eq!(open.get("/").text(), "/");
}
