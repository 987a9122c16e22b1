//! The choice of a coding, against a reference that is written as RFC 9110 section 12.5.3 reads.

use howth_compression::Coding;
use howth_compression::accept_encoding::negotiate;
use proptest::prelude::*;

/// The weight of a coding's name, by the list of elements; `None`: nothing is said of it.
fn weight(elements: &[(String, u32)], names: &[&str]) -> Option<u32> {
    let named = elements.iter().find(|(name, _)| names.contains(&name.as_str()));
    named.map(|(_, weight)| *weight)
}

fn reference(elements: &[(String, u32)], offered: &[Coding]) -> Option<Coding> {
    let any = weight(elements, &["*"]);
    let of = |coding: &Coding| {
        let names: &[&str] = match coding {
            Coding::Gzip => &["gzip", "x-gzip"],
            Coding::Brotli => &["br"],
            Coding::Zstd => &["zstd"],
        };
        weight(elements, names).or(any).unwrap_or(0)
    };
    let best = offered.iter().map(of).max().filter(|best| *best > 0)?;
    let identity = weight(elements, &["identity"]).or(any);
    if identity.is_some_and(|identity| identity > best) {
        return None;
    }
    offered.iter().find(|coding| of(coding) == best).copied()
}

fn name() -> impl Strategy<Value = String> {
    let names = ["gzip", "x-gzip", "br", "zstd", "identity", "*", "deflate"];
    prop::sample::select(names.map(str::to_owned).to_vec())
}

proptest! {
    #[test]
    fn the_choice_is_that_of_the_reference(
        elements in prop::collection::vec((name(), prop::sample::select(vec![0, 1, 5, 10])), 0..6),
        offered in prop::sample::subsequence(Coding::ALL.to_vec(), 0..=3),
        at in any::<prop::sample::Index>(),
        is_upper in any::<bool>(),
    ) {
        let text = |(name, weight): &(String, u32)| match weight {
            10 => name.clone(),
            tenths => format!("{name} ; q=0.{tenths}"),
        };
        let texts: Vec<String> = elements
            .iter()
            .map(text)
            .map(|text| if is_upper { text.to_uppercase() } else { text })
            .collect();
        let (first, second) = texts.split_at(at.index(texts.len() + 1));
        let lines = [first.join(", "), second.join(",")];
        let chosen = negotiate(lines.iter().map(|line| line.as_bytes()), &offered);
        prop_assert_eq!(chosen, reference(&elements, &offered));
    }

    #[test]
    fn no_line_is_too_odd(line in prop::collection::vec(any::<u8>(), 0..60)) {
        negotiate([&line[..]].into_iter(), &Coding::ALL);
    }
}
