//! Which origins are granted.
//!
//! Owns how they are compared: byte by byte, as browsers serialise them (HTML standard, "serialization of an origin"). Called by:
//! the layer; `read`.

/// Origins that are granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origins {
    /// All, without looking: `*`.
    Any,
    /// One, which is named whoever asks.
    One(Box<[u8]>),
    /// Those that are listed or fit a pattern.
    Listed(Box<[Pattern]>),
    /// Whichever asks.
    Reflected,
}

/// What is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Granted<'a> {
    /// This, whoever asks.
    Always(&'a [u8]),
    /// The origin that asks.
    Same(&'a [u8]),
    /// Nothing.
    No,
}

impl Origins {
    /// What is granted to who asks from this origin, if it is told.
    pub(super) fn grant<'a>(&'a self, origin: Option<&'a [u8]>) -> Granted<'a> {
        let fits = match (self, origin) {
            (Origins::Any, _) => return Granted::Always(b"*"),
            (Origins::One(one), _) => return Granted::Always(one),
            (_, None) => return Granted::No,
            (Origins::Listed(patterns), Some(origin)) => patterns.iter().any(|pattern| pattern.fits(origin)),
            (Origins::Reflected, Some(_)) => true,
        };
        match origin.filter(|_| fits) {
            Some(origin) => Granted::Same(origin),
            None => Granted::No,
        }
    }

    /// Whether what is granted depends on who asks.
    pub(super) fn depend(&self) -> bool {
        matches!(self, Origins::Listed(_) | Origins::Reflected)
    }
}

/// An origin, or many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// This one.
    Exact(Box<[u8]>),
    /// What stands between these: of the host one label or more, of the port some digits.
    Some {
        /// `https://`
        scheme: Box<[u8]>,
        /// `.example.com`, behind the labels that are not told; or a host as it is.
        host: Box<[u8]>,
        /// The host has more labels before.
        has_labels: bool,
        /// `:8080`; empty: none. `None`: any port, or none.
        port: Option<Box<[u8]>>,
    },
}

impl Pattern {
    pub(super) fn fits(&self, origin: &[u8]) -> bool {
        let (scheme, host, has_labels, port) = match self {
            Pattern::Exact(exact) => return origin == &**exact,
            Pattern::Some {
                scheme,
                host,
                has_labels,
                port,
            } => (scheme, host, *has_labels, port),
        };
        let Some(rest) = origin.strip_prefix(&**scheme) else {
            return false;
        };
        let rest = match port {
            Some(port) => rest.strip_suffix(&**port),
            None => Some(without_port(rest)),
        };
        let Some(rest) = rest else {
            return false;
        };
        match has_labels {
            true => rest.strip_suffix(&**host).is_some_and(are_labels),
            false => rest == &**host,
        }
    }
}

/// Host and port without the port.
fn without_port(rest: &[u8]) -> &[u8] {
    let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    match rest[..rest.len() - digits].strip_suffix(b":") {
        Some(host) if digits > 0 => host,
        _ => rest,
    }
}

/// Labels of a host with dots between them, none of which is empty.
fn are_labels(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'.').all(|label| {
        let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.iter().all(is_label)
    })
}
