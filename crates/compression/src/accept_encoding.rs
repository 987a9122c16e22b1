//! Which content coding a client is sent: proactive negotiation by `Accept-Encoding` (RFC 9110 section 12.5.3).
//!
//! Owns the field's grammar and the choice. Never looks at a response. Called by: `selection`, and whoever has one
//! resource in several codings.

use crate::coding::Coding;

/// A weight in thousandths (RFC 9110 section 12.4.2).
type Weight = u16;

const WEIGHT_MAX: Weight = 1000;

/// What a request's `Accept-Encoding` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Accepted {
    gzip: Option<Weight>,
    brotli: Option<Weight>,
    zstd: Option<Weight>,
    identity: Option<Weight>,
    /// Of every coding that is not named.
    any: Option<Weight>,
}

impl Accepted {
    /// An element that breaks the grammar is left out, and of several about one coding the first counts.
    fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut accepted = Accepted::default();
        for element in lines.flat_map(|line| line.split(|byte| *byte == b',')) {
            let Some((name, weight)) = parse_element(element) else {
                continue;
            };
            let slot = match Coding::of_name(name) {
                Some(Coding::Gzip) => &mut accepted.gzip,
                Some(Coding::Brotli) => &mut accepted.brotli,
                Some(Coding::Zstd) => &mut accepted.zstd,
                None if name == b"*" => &mut accepted.any,
                None if name.eq_ignore_ascii_case(b"identity") => &mut accepted.identity,
                None => continue,
            };
            slot.get_or_insert(weight);
        }
        accepted
    }

    /// A coding that is not named is accepted as far as `*` says so.
    fn weight(&self, coding: Coding) -> Weight {
        let named = match coding {
            Coding::Gzip => self.gzip,
            Coding::Brotli => self.brotli,
            Coding::Zstd => self.zstd,
        };
        named.or(self.any).unwrap_or(0)
    }
}

/// The coding for a request whose `Accept-Encoding` field lines are `lines`, out of those that are `offered`; `None` is
/// identity.
///
/// The highest weight wins, and among equals the one that is offered first. Identity is sent where it is preferred by a weight
/// of its own, and where nothing that is offered is accepted: a client that refuses it as well gets it all the same, which
/// RFC 9110 section 12.5.3 leaves to the server. A request without the field accepts any coding, and is sent identity:
/// who knows of codings names them.
pub fn negotiate<'a>(lines: impl Iterator<Item = &'a [u8]>, offered: &[Coding]) -> Option<Coding> {
    let accepted = Accepted::read(lines);
    let mut best = (None, 0);
    for &coding in offered {
        let weight = accepted.weight(coding);
        if weight > best.1 {
            best = (Some(coding), weight);
        }
    }
    let identity = accepted.identity.or(accepted.any).unwrap_or(0);
    best.0.filter(|_| identity <= best.1)
}

/// `codings [ weight ]` (RFC 9110 section 12.5.3).
fn parse_element(element: &[u8]) -> Option<(&[u8], Weight)> {
    let mut parts = element.splitn(2, |byte| *byte == b';');
    let name = parts.next().unwrap_or_default().trim_ascii();
    let weight = match parts.next() {
        None => WEIGHT_MAX,
        Some(parameter) => parse_weight(parameter.trim_ascii())?,
    };
    (!name.is_empty()).then_some((name, weight))
}

/// `"q=" qvalue` (RFC 9110 section 12.4.2): at most three decimals, and no more than 1.
fn parse_weight(parameter: &[u8]) -> Option<Weight> {
    let [b'q' | b'Q', b'=', whole @ (b'0' | b'1'), rest @ ..] = parameter else {
        return None;
    };
    let decimals = match rest {
        [] => rest,
        [b'.', decimals @ ..] if decimals.len() <= 3 => decimals,
        _ => return None,
    };
    let mut weight = Weight::from(whole - b'0') * WEIGHT_MAX;
    let mut place = WEIGHT_MAX / 10;
    for decimal in decimals {
        if !decimal.is_ascii_digit() {
            return None;
        }
        weight += Weight::from(decimal - b'0') * place;
        place /= 10;
    }
    (weight <= WEIGHT_MAX).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(lines: &[&str]) -> Option<Coding> {
        negotiate(lines.iter().map(|line| line.as_bytes()), &Coding::ALL)
    }

    #[test]
    fn the_highest_weight_wins_and_then_the_servers_order() {
        for (line, coding) in [
            ("gzip", Some(Coding::Gzip)),
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("gzip, deflate, br", Some(Coding::Brotli)),
            ("gzip;q=1.0, zstd;q=0.9", Some(Coding::Gzip)),
            ("br;q=0.5,gzip;q=0.501", Some(Coding::Gzip)),
            ("GZIP ; Q=0.1", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("*, zstd;q=0", Some(Coding::Brotli)),
            ("*;q=0.3, gzip", Some(Coding::Gzip)),
        ] {
            assert_eq!(negotiated(&[line]), coding, "{line}");
        }
    }

    #[test]
    fn identity_is_sent_where_nothing_else_is_wanted() {
        for line in [
            "",
            "identity",
            "gzip;q=0",
            "*;q=0",
            "identity;q=0",
            "deflate",
            "gzip;q=0.5, identity",
            "gzip;q=0.3, br;q=0, zstd;q=0, *;q=0.5",
        ] {
            assert_eq!(negotiated(&[line]), None, "{line}");
        }
        assert_eq!(negotiated(&[]), None);
    }

    #[test]
    fn an_element_that_breaks_the_grammar_is_left_out() {
        for line in [
            "gzip;q=2",
            "gzip;q=1.001",
            "gzip;q=0.1234",
            "gzip;q=",
            "gzip;q=.5",
            "gzip;q",
            "gzip;v=1",
            "gzip;q=0,gzip",
            ";q=1",
            ",,",
        ] {
            assert_eq!(negotiated(&[line]), None, "{line}");
        }
        assert_eq!(negotiated(&["gzip;q=x, br"]), Some(Coding::Brotli));
    }

    #[test]
    fn several_lines_are_one_list() {
        assert_eq!(negotiated(&["zstd;q=0", "*"]), Some(Coding::Brotli));
        assert_eq!(negotiated(&["gzip", "identity;q=0"]), Some(Coding::Gzip));
    }

    #[test]
    fn only_what_is_offered_is_chosen() {
        let lines = [&b"zstd, br, gzip;q=0.2"[..]];
        assert_eq!(negotiate(lines.into_iter(), &[Coding::Gzip]), Some(Coding::Gzip));
        assert_eq!(negotiate(lines.into_iter(), &[]), None);
    }
}
