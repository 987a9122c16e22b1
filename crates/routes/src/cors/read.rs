//! How programs say which pages may read responses.
//!
//! Owns what is wrong with it. Called by: whoever makes routes.

use std::sync::Arc;

use howth_engine::{AddedFields, Adding};
use howth_http1::{is_token, serialize_authority};

use super::known::Known;
use super::origins::{Origins, Pattern};
use super::preflight::Preflight;
use super::{ALLOW_CREDENTIALS, ALLOW_ORIGIN, Cors, VARY};

/// What pages may send unless something else is said: the methods that forms and scripts use.
const METHODS: &str = "GET, HEAD, PUT, PATCH, POST, DELETE";

/// What a program says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `*` or `reflect` alone; or origins, which may have a `*` for labels of the host or for the port.
    pub origins: Vec<String>,
    /// `None`: the usual ones.
    pub methods: Option<Vec<String>>,
    /// `None`: those that are asked for.
    pub allowed_headers: Option<Vec<String>>,
    /// What pages may read beside the usual ones.
    pub exposed_headers: Vec<String>,
    /// Requests may have cookies.
    pub credentials: bool,
    /// For how long an answer to a preflight is kept.
    pub max_age: Option<u32>,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorsError {
    /// None is named.
    #[error("origin names nobody; give \"*\", \"reflect\", or origins such as \"https://example.com\"")]
    Nobody,
    /// No origin.
    #[error("\"{0}\" is no origin as browsers send it; give scheme and host, such as {1}")]
    Origin(String, String),
    /// `*` or `reflect` among others.
    #[error("origin \"{0}\" stands alone, or not at all")]
    Among(String),
    /// No browser would take it, and none should.
    #[error("credentials are for origins that are named: give them in the place of \"*\"")]
    Credentials,
    /// The star would be taken for a name.
    #[error("with credentials \"*\" in {0} means nothing to browsers; name them")]
    Star(&'static str),
    /// No token (RFC 9110 section 5.6.2).
    #[error("\"{1}\" in {0} is no name")]
    Name(&'static str, String),
}

impl Cors {
    /// Reads what a program says.
    ///
    /// # Errors
    /// It is wrong.
    pub fn read(settings: &Settings) -> Result<Self, CorsError> {
        let credentials = settings.credentials;
        let origins = match origins(&settings.origins)? {
            // Granted to nobody else: a response that names another origin itself must not let that one's pages send cookies.
            Origins::One(origin) if credentials => Origins::Listed([Pattern::Exact(origin)].into()),
            origins => origins,
        };
        if credentials && origins == Origins::Any {
            return Err(CorsError::Credentials);
        }
        let list = |names: &[String], what| self::list(names, what, credentials);
        let mut granted = AddedFields::default();
        let mut refused = AddedFields::default();
        match &origins {
            Origins::Any => push(&mut granted, ALLOW_ORIGIN, b"*", Adding::IfMissing),
            Origins::One(origin) => push(&mut granted, ALLOW_ORIGIN, origin, Adding::IfMissing),
            Origins::Listed(_) | Origins::Reflected => {
                push(&mut refused, VARY, b"origin", Adding::Beside);
                push(&mut granted, VARY, b"origin", Adding::Beside);
            }
        }
        let mut add = |name, value: &[u8]| push(&mut granted, name, value, Adding::IfMissing);
        if credentials {
            add(ALLOW_CREDENTIALS, b"true");
        }
        if !settings.exposed_headers.is_empty() {
            let exposed = list(&settings.exposed_headers, "exposedHeaders")?;
            add(b"access-control-expose-headers", exposed.as_bytes());
        }
        let methods = settings
            .methods
            .as_deref()
            .map(|methods| list(methods, "methods"));
        let headers = settings
            .allowed_headers
            .as_deref()
            .map(|names| list(names, "allowedHeaders"));
        Ok(Cors {
            origins,
            granted: Arc::new(granted),
            refused: Arc::new(refused),
            known: Known::default(),
            preflight: Preflight {
                methods: bytes(methods.transpose()?.as_deref().unwrap_or(METHODS)),
                headers: headers.transpose()?.as_deref().map(bytes),
                credentials,
                max_age: settings.max_age.map(|seconds| bytes(&seconds.to_string())),
            },
        })
    }
}

fn bytes(text: &str) -> Box<[u8]> {
    text.as_bytes().into()
}

/// What was judged before can be sent.
fn push(fields: &mut AddedFields, name: &[u8], value: &[u8], adding: Adding) {
    let pushed = fields.push(name, value, adding);
    debug_assert_eq!(pushed, Ok(()));
}

/// Names in one value.
fn list(names: &[String], what: &'static str, credentials: bool) -> Result<String, CorsError> {
    for name in names {
        if !is_token(name.as_bytes()) {
            return Err(CorsError::Name(what, name.clone()));
        }
        if credentials && name == "*" {
            return Err(CorsError::Star(what));
        }
    }
    Ok(names.join(", "))
}

fn origins(given: &[String]) -> Result<Origins, CorsError> {
    for alone in ["*", "reflect"] {
        if given.len() > 1 && given.iter().any(|origin| origin == alone) {
            return Err(CorsError::Among(alone.to_owned()));
        }
    }
    match given {
        [] => Err(CorsError::Nobody),
        [any] if any == "*" => Ok(Origins::Any),
        [any] if any == "reflect" => Ok(Origins::Reflected),
        [one] => Ok(match pattern(one)? {
            Pattern::Exact(origin) => Origins::One(origin),
            pattern => Origins::Listed([pattern].into()),
        }),
        several => {
            let patterns = several.iter().map(|origin| pattern(origin));
            patterns.collect::<Result<_, _>>().map(Origins::Listed)
        }
    }
}

/// Reads an origin, whose host may begin with `*.` and whose port may be `*`.
fn pattern(given: &str) -> Result<Pattern, CorsError> {
    // Pages without an origin of their own say so.
    if given == "null" {
        return Ok(Pattern::Exact(bytes(given)));
    }
    let wrong = |instead: &str| CorsError::Origin(given.to_owned(), instead.to_owned());
    let usual = "\"https://example.com\"";
    let (scheme, authority) = given.split_once("://").ok_or_else(|| wrong(usual))?;
    let is_scheme = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    let has_host = !authority.is_empty() && !authority.contains(['/', '?', '#', '@', '\\']);
    if scheme.is_empty() || !scheme.bytes().all(is_scheme) || !has_host || !authority.is_ascii() {
        return Err(wrong(usual));
    }
    let (host, any_port) = match authority.strip_suffix(":*") {
        Some(host) => (host, true),
        None => (authority, false),
    };
    let (host, has_labels) = match host.strip_prefix("*.") {
        Some(rest) => (rest, true),
        None => (host, false),
    };
    // As browsers write it: in lower case, without the port that the scheme has anyway.
    let written = serialize_authority(host)
        .filter(|_| !host.contains('*'))
        .ok_or_else(|| wrong(usual))?;
    let written = match scheme {
        "https" => match written.strip_suffix(":443") {
            Some(written) => written,
            // The port of http is a port like any other here.
            None if host.ends_with(":80") => host,
            None => &written,
        },
        _ => &written,
    };
    if written != host {
        let star = if has_labels { "*." } else { "" };
        return Err(wrong(&format!("\"{scheme}://{star}{written}\"")));
    }
    if !has_labels && !any_port {
        return Ok(Pattern::Exact(bytes(given)));
    }
    let (name, port) = match host.rsplit_once(':').filter(|_| !host.ends_with(']')) {
        Some((name, _)) => (name, &host[name.len()..]),
        None => (host, ""),
    };
    let host = if has_labels {
        format!(".{name}")
    } else {
        name.to_owned()
    };
    Ok(Pattern::Some {
        scheme: bytes(&format!("{scheme}://")),
        host: bytes(&host),
        has_labels,
        port: (!any_port).then(|| bytes(port)),
    })
}
