//! What is wrong with certificates, keys and options of TLS, and how that is said.

use crate::support::tls::{Pair, pair};
use crate::support::{Engine, Launch};
use crate::tls::{SOURCE, files, with_files};

/// A key that is encrypted with "secret" (PKCS #8, PBES2), and its certificate, which is good for a hundred years.
const ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg6xnHV0uSYNAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGOYREbuC+0bmk0gTb+pZqEEgZB5
4AMuFTUkyizsUkiTKayQVwuJ8nDfACSShrw/ktHboMDATuiZTkIlby5vBY6MJtVe
k9qhmD3QFK5SKf9HVn1Ss8c/95gETljMdtCId5b2Euzr7eXCnZYX1C9wmya/T10b
y1iizixxaZlSBmsf96uKIDNKgOIhuZUxiSnTReBwBZy+DNHk/vy18aHGbcfuE0A=
-----END ENCRYPTED PRIVATE KEY-----
";
const CERTIFICATE_OF_ENCRYPTED: &str = "\
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIULqfj//LKa5VTZ/7WvkjFSGqYJ6cwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTIzMTU0OFoYDzIxMjYxMTA1
MjMxNTQ4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASIx/+uZbIi5Hb8oOkhLoeqewoF/0RNmi0vyyOZb909mJ8+cC2hIFn9
AG1xiaAPelfUiyRBFuFedHLr39AW2ZlIo2kwZzAdBgNVHQ4EFgQUD+xvE2fzLsr1
EY0yFJj8439xyckwHwYDVR0jBBgwFoAUD+xvE2fzLsr1EY0yFJj8439xyckwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAICWffvGsYAIKlwn8U2eCtmRcWWhVUuIW7NkLyDjOyZsAiBxICR06Q37
XEyCqJ7SE2tzOSiGlI3T7pbwfMt/1BWxtA==
-----END CERTIFICATE-----
";

/// The one line that a start ends with.
fn refusal(launch: Launch) -> String {
    let finished = launch.finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    finished.stderr
}

#[test]
fn what_is_wrong_with_files_is_said_at_once() {
    let (right, other) = (pair(|_| {}), pair(|_| {}));
    let expired = pair(|parameters| {
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let early = pair(|parameters| parameters.not_before = rcgen::date_time_ymd(4000, 1, 1));
    let of = |certificate: &str, key: &str| Pair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    };
    for (pair, parts) in [
        (
            of(&right.certificate, &other.key),
            ["key.pem", "not the key of the certificate", "made together"],
        ),
        (expired, ["cert.pem", "expired on", "issued anew"]),
        (early, ["cert.pem", "not valid before", "clock"]),
        (
            of("nothing", &right.key),
            ["cert.pem", "no certificate in it", "-----BEGIN CERTIFICATE-----"],
        ),
        (
            of(&right.certificate, "nothing"),
            ["key.pem", "no private key in it", "-----BEGIN PRIVATE KEY-----"],
        ),
        (
            of(&right.certificate, ENCRYPTED),
            ["key.pem", "the key is encrypted", "passphrase"],
        ),
    ] {
        let said = refusal(with_files(files(Engine::Portable, &pair)));
        for part in parts {
            assert!(said.contains(part), "{part:?} is not said: {said}");
        }
    }
    let missing =
        Launch::serve(Engine::Portable, SOURCE).options(["--tls-cert", "no.pem", "--tls-key", "no.pem"]);
    let said = refusal(missing);
    assert!(
        said.contains("no.pem") && said.contains("there is no such file"),
        "{said}"
    );
}

#[test]
fn an_encrypted_key_is_opened_by_its_passphrase() {
    let pair = Pair {
        certificate: CERTIFICATE_OF_ENCRYPTED.to_owned(),
        key: ENCRYPTED.to_owned(),
    };
    let launch = with_files(files(Engine::Portable, &pair)).environment("HOWTH_TLS_PASSPHRASE", "secret");
    let server = launch.start();
    assert!(server.start_line().contains("https://"));
    let wrong = with_files(files(Engine::Portable, &pair)).environment("HOWTH_TLS_PASSPHRASE", "wrong");
    let said = refusal(wrong);
    assert!(said.contains("passphrase does not open it"), "{said}");
}

#[test]
fn options_that_belong_together() {
    for options in [
        &["--tls-cert", "a"][..],
        &["--tls-key", "a"],
        &["--tls-ca", "a"],
        &["--tls-self-signed", "--tls-cert", "a", "--tls-key", "b"],
    ] {
        let finished = Launch::serve(Engine::Portable, SOURCE)
            .options(options.iter().copied())
            .finish();
        assert_eq!(finished.code, Some(2), "{options:?}: {finished:?}");
    }
}

#[test]
fn what_programs_say_wrongly_is_an_error() {
    for (tls, said) in [
        ("'yes'", "`tls` must be an object"),
        ("{ cert: 'cert.pem', key: 'key.pem' }", "must be PEM itself"),
        (
            "{ cert: '-----BEGIN CERTIFICATE-----' }",
            "needs both cert and key",
        ),
        ("{ pfx: 'x' }", "`tls.pfx` is not supported"),
        (
            "{ cert: P, key: P, secureProtocol: 'x' }",
            "`tls.secureProtocol` is not supported",
        ),
        ("{ cert: '', key: P }", "needs both cert and key"),
        ("{ cert: '', key: '' }", "needs both cert and key"),
        (
            "{ cert: undefined, key: undefined, requestCert: true, ca: P }",
            "needs both cert and key",
        ),
        // As Deno has it.
        ("null, cert: P", "needs both cert and key"),
        (
            "{ cert: P, key: P, requestCert: true, ca: [] }",
            "`tls.ca` is empty",
        ),
        (
            "{ cert: P, key: P, requestCert: true, caFile: [] }",
            "`tls.ca` is empty",
        ),
        ("{ cert: [P, P], key: [P, P] }", "`tls.key` must be one key"),
        (
            "[{ cert: P, key: P, serverName: 'a' }, { cert: P, key: P, serverName: 'b', requestCert: true }]",
            "`tls.requestCert` counts for all hosts",
        ),
        (
            "[{ cert: P, key: P, serverName: 'a' }, { cert: P, key: P, serverName: 'b', minVersion: 'TLSv1.3' }]",
            "`tls.minVersion` counts for all hosts",
        ),
        (
            "{ cert: P, key: P, ALPNProtocols: ['h2', 'foo'] }",
            "`tls.ALPNProtocols` names \"foo\"",
        ),
        (
            "{ certFile: 'no.pem', keyFile: 'no.pem' }",
            "there is no such file",
        ),
    ] {
        let source = format!(
            "const P = '-----BEGIN CERTIFICATE-----'; Howth.serve({{ fetch: () => new Response(), tls: {tls} }})"
        );
        let finished = Launch::run(Engine::Portable, &source).finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(
            finished.stderr.contains(said),
            "{said:?} is not said: {}",
            finished.stderr
        );
    }
}
