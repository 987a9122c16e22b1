//! Private keys: from PEM, also encrypted.
//!
//! Owns which forms are read. Never shows any of a key in an error. Called by: `configuration`.

use pkcs8::EncryptedPrivateKeyInfo;
use pkcs8::der::pem::PemLabel;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{Identity, Pem, TlsError};

/// The key of an identity.
pub(crate) fn private_key(identity: &Identity) -> Result<PrivateKeyDer<'static>, TlsError> {
    let Identity { key, passphrase, .. } = identity;
    let text = String::from_utf8_lossy(&key.text);
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return decrypted(key, &text, passphrase.as_deref());
    }
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(TlsError::new(
            &key.place,
            "the key is encrypted in the old form of OpenSSL",
            "bring it into the one of PKCS #8: openssl pkcs8 -topk8 -in KEY -out NEW",
        ));
    }
    PrivateKeyDer::from_pem_slice(&key.text).map_err(|error| {
        let cause = match error {
            rustls::pki_types::pem::Error::NoItemsFound => "no private key in it".to_owned(),
            error => format!("not PEM: {error}"),
        };
        let remedy = "give PEM: -----BEGIN PRIVATE KEY-----, or RSA or EC PRIVATE KEY";
        TlsError::new(&key.place, cause, remedy)
    })
}

fn decrypted(key: &Pem, text: &str, passphrase: Option<&str>) -> Result<PrivateKeyDer<'static>, TlsError> {
    let Some(passphrase) = passphrase else {
        return Err(TlsError::new(
            &key.place,
            "the key is encrypted",
            "give its passphrase, or take the encryption off: openssl pkey -in KEY -out NEW",
        ));
    };
    let label = EncryptedPrivateKeyInfo::PEM_LABEL;
    let begin = text.find(&format!("-----BEGIN {label}-----")).unwrap_or_default();
    let unread = |error: pkcs8::der::Error| {
        TlsError::new(&key.place, format!("not PEM: {error}"), "write the key anew")
    };
    let (_, der) = pkcs8::SecretDocument::from_pem(text[begin..].trim_end()).map_err(unread)?;
    let failed = |_| {
        TlsError::new(
            &key.place,
            "the passphrase does not open it, or its cipher is not known",
            "check the passphrase; PBES2 with AES is read: openssl pkcs8 -topk8 -v2 aes-256-cbc",
        )
    };
    let encrypted = EncryptedPrivateKeyInfo::try_from(der.as_bytes()).map_err(failed)?;
    let plain = encrypted.decrypt(passphrase).map_err(failed)?;
    Ok(PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec()).into())
}
