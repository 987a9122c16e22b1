//! The content codings of RFC 9110 section 8.4.1, as far as they are spoken here.
//!
//! Owns their names. Never encodes. Called by: everything in this crate, and the command line.

/// A content coding other than identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// RFC 9110 section 8.4.1.3.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878 and RFC 9659.
    Zstd,
}

impl Coding {
    /// All of them, the one that costs least for what it saves first.
    pub const ALL: [Coding; 3] = [Coding::Zstd, Coding::Brotli, Coding::Gzip];

    /// Its name in `Content-Encoding` and `Accept-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// The coding of a name, in any case of letters. `x-gzip` is gzip (RFC 9110 section 8.4.1.3).
    pub fn of_name(name: &[u8]) -> Option<Self> {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("x-gzip") {
            return Some(Coding::Gzip);
        }
        Coding::ALL.into_iter().find(|coding| is(coding.name()))
    }
}
