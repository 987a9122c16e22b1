//! Which content coding is sent (RFC 9110 section 12.5.3).
//!
//! Owns the codings and their order. Never compresses: there is a file of each, or there is none. Called by: `store`,
//! `folder`.

use howth_http1::RequestHead;

use crate::lists::{elements, values, weighted};

/// A content coding in which a file may lie beside its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Zstandard,
    Gzip,
}

impl Coding {
    /// Those that are preferred first, as a rule the smaller ones.
    pub(crate) const ALL: [Coding; 3] = [Coding::Brotli, Coding::Zstandard, Coding::Gzip];

    /// Its name in fields.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstandard => "zstd",
            Coding::Gzip => "gzip",
        }
    }

    /// What a file's name ends with.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Coding::Brotli => ".br",
            Coding::Zstandard => ".zst",
            Coding::Gzip => ".gz",
        }
    }
}

/// The coding that a client likes best of those there are; `None`: none, or no better than the file as it is.
pub(crate) fn preferred(
    head: &RequestHead,
    available: impl Iterator<Item = Coding> + Clone,
) -> Option<Coding> {
    let mut weights = [None; Coding::ALL.len()];
    let (mut of_identity, mut of_others) = (None, None);
    for element in values(head, "accept-encoding").flat_map(elements) {
        let (name, weight) = weighted(element);
        let place = match name.to_ascii_lowercase().as_slice() {
            b"*" => &mut of_others,
            b"identity" => &mut of_identity,
            b"br" => &mut weights[Coding::Brotli as usize],
            b"zstd" => &mut weights[Coding::Zstandard as usize],
            b"gzip" | b"x-gzip" => &mut weights[Coding::Gzip as usize],
            _ => continue,
        };
        place.get_or_insert(weight);
    }
    let weight_of = |coding: Coding| weights[coding as usize].or(of_others).unwrap_or(0);
    // What is not listed is less than whatever is.
    let least = of_identity.unwrap_or(1).max(1);
    let best = available
        .clone()
        .map(weight_of)
        .max()
        .filter(|best| *best >= least)?;
    Coding::ALL
        .into_iter()
        .filter(|coding| available.clone().any(|other| other == *coding))
        .find(|coding| weight_of(*coding) == best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(accept: &str) -> RequestHead {
        let bytes = format!("GET / HTTP/1.1\r\nhost: h\r\naccept-encoding: {accept}\r\n\r\n");
        crate::response::head_of(&bytes)
    }

    #[test]
    fn the_heaviest_is_sent() {
        use Coding::{Brotli, Gzip, Zstandard};
        for (accept, available, expected) in [
            ("gzip", &[Gzip][..], Some(Gzip)),
            ("gzip, br", &[Brotli, Gzip], Some(Brotli)),
            ("gzip, br;q=0.9", &[Brotli, Gzip], Some(Gzip)),
            ("GZIP", &[Gzip], Some(Gzip)),
            ("x-gzip", &[Gzip], Some(Gzip)),
            ("gzip;q=0", &[Gzip], None),
            ("*", &[Zstandard, Gzip], Some(Zstandard)),
            ("*;q=0", &[Zstandard, Gzip], None),
            ("zstd;q=0, *", &[Zstandard, Gzip], Some(Gzip)),
            ("identity, gzip;q=0.5", &[Gzip], None),
            ("identity;q=0.5, gzip;q=0.5", &[Gzip], Some(Gzip)),
            ("identity;q=0, gzip;q=0.001", &[Gzip], Some(Gzip)),
            ("deflate", &[Gzip], None),
            ("", &[Gzip], None),
            ("gzip", &[], None),
            ("br;q=nonsense, gzip;q=0.1", &[Brotli, Gzip], Some(Gzip)),
        ] {
            assert_eq!(
                preferred(&head(accept), available.iter().copied()),
                expected,
                "{accept}"
            );
        }
    }
}
