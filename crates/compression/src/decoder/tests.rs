//! What decoders take, however it is split, and what they refuse.

use howth_engine::{BodyDecoder, Undecodable};
use proptest::prelude::*;

use super::decoder;
use crate::{Coding, Effort, Encoder, Step, Use};

fn made(coding: &str) -> Box<dyn BodyDecoder> {
    decoder(coding.as_bytes()).expect("a coding that is known")
}

/// Decodes bytes that come in parts of a length, with room for so many at once.
fn decoded(coding: &str, encoded: &[u8], part: usize, room: usize) -> Result<(Vec<u8>, bool), Undecodable> {
    let mut decoder = made(coding);
    let (mut all, mut out) = (Vec::new(), vec![0; room]);
    for mut part in encoded.chunks(part) {
        loop {
            let (taken, given) = decoder.decode(part, &mut out)?;
            assert!(given <= room && taken <= part.len());
            part = &part[taken..];
            all.extend_from_slice(&out[..given]);
            if (taken, given) == (0, 0) {
                break;
            }
        }
        assert!(part.is_empty(), "it waits for no more than it has");
    }
    Ok((all, decoder.is_whole()))
}

fn encoded(coding: Coding, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = Encoder::new(coding, Effort::Normal, Use::Whole(content.len()));
    let mut encoder = encoder.expect("memory");
    encoder
        .encode(content, Step::Finish, &mut bytes)
        .expect("it encodes");
    bytes
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(
        content in proptest::collection::vec(0u8..4, 0..20_000),
        part in 1usize..3_000,
        room in 1usize..3_000,
    ) {
        for coding in Coding::ALL {
            let bytes = encoded(coding, &content);
            prop_assert_eq!(decoded(coding.name(), &bytes, part, room), Ok((content.clone(), true)));
        }
    }

    #[test]
    fn hostile_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), part in 1usize..500) {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let _ = decoded(coding, &bytes, part, 1_000);
        }
    }

    #[test]
    fn what_is_cut_short_is_not_whole(content in proptest::collection::vec(any::<u8>(), 1..2_000), cut in 1usize..40) {
        for coding in Coding::ALL {
            let bytes = encoded(coding, &content);
            let kept = bytes.len().saturating_sub(cut).max(1);
            if let Ok((_, is_whole)) = decoded(coding.name(), &bytes[..kept], kept, 4_000) {
                prop_assert!(!is_whole);
            }
        }
    }
}

#[test]
fn members_of_gzip_and_frames_of_zstandard_follow_each_other() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let two = [encoded(coding, b"one "), encoded(coding, b"two")].concat();
        for part in [1, two.len()] {
            let result = decoded(coding.name(), &two, part, 100);
            assert_eq!(result, Ok((b"one two".to_vec(), true)), "{coding:?}");
        }
    }
}

#[test]
fn nothing_may_follow_what_has_ended() {
    for coding in Coding::ALL {
        let trailed = [encoded(coding, b"body"), b"garbage".to_vec()].concat();
        assert_eq!(
            decoded(coding.name(), &trailed, 3, 100),
            Err(Undecodable),
            "{coding:?}"
        );
    }
}

#[test]
fn names_are_known_in_any_case() {
    for name in ["GZIP", "x-gzip", "Deflate", "BR", "zstd"] {
        assert!(decoder(name.as_bytes()).is_some(), "{name}");
    }
    for name in ["", "identity", "gzip, br", "compress"] {
        assert!(decoder(name.as_bytes()).is_none(), "{name}");
    }
}

#[test]
fn windows_have_a_bound() {
    // RFC 7932 section 9.1: 24 bits; an empty body behind it.
    assert_eq!(decoded("br", &[0x3f], 1, 100), Err(Undecodable));
    assert_eq!(
        decoded("br", &[0x3b], 1, 100).map(|(_, is_whole)| is_whole),
        Ok(true)
    );
    // RFC 8878 section 3.1.1.1.2: a window of 16 MiB, and one of 8 MiB.
    let frame = |exponent: u8| [0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3, 0x01, 0x00, 0x00];
    assert_eq!(decoded("zstd", &frame(14), 9, 100), Err(Undecodable));
    assert_eq!(decoded("zstd", &frame(13), 9, 100), Ok((Vec::new(), true)));
}
