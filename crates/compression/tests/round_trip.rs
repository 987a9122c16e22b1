//! What is encoded is decoded to the same, however it was split, and every flushed part can be read at once.

use std::io::{Read, Write};

use howth_compression::{Coding, Effort, Encoder, Encoders, Step, Use};
use proptest::prelude::*;

const EFFORTS: [Effort; 3] = [Effort::Normal, Effort::Less, Effort::Least];

fn decoded(coding: Coding, encoded: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let read = match coding {
        Coding::Gzip => flate2::read::MultiGzDecoder::new(encoded).read_to_end(&mut content),
        Coding::Brotli => brotli::Decompressor::new(encoded, 4096).read_to_end(&mut content),
        Coding::Zstd => zstd::stream::read::Decoder::new(encoded)
            .and_then(|mut decoder| decoder.read_to_end(&mut content)),
    };
    read.unwrap_or_else(|error| panic!("{coding:?}: {error}"));
    content
}

/// Text like that of answers, with some bytes that are none.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::collection::vec("[a-z]{1,8}|\\{\"id\":[0-9]{1,5}\\},", 0..600);
    let noise = prop::collection::vec(any::<u8>(), 0..300);
    (words, noise).prop_map(|(words, noise)| [words.concat().into_bytes(), noise].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whole_content_comes_back(content in content(), effort in 0..3usize) {
        let mut encoders = Encoders::default();
        for coding in Coding::ALL {
            // The second is the first again.
            for _ in 0..2 {
                let used = Use::Whole(content.len());
                let mut encoder = encoders.take(coding, EFFORTS[effort], used).expect("there is memory");
                let mut encoded = b"before".to_vec();
                encoder.encode(&content, Step::Finish, &mut encoded).expect("it works");
                encoders.give_back(encoder);
                prop_assert_eq!(&decoded(coding, &encoded[b"before".len()..]), &content);
            }
        }
    }

    #[test]
    fn streams_come_back_however_they_are_split(
        content in content(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(content.len() + 1)).collect();
        cuts.push(content.len());
        cuts.sort_unstable();
        for coding in Coding::ALL {
            let mut encoder = Encoder::new(coding, Effort::Normal, Use::Stream).expect("there is memory");
            let (mut encoded, mut start) = (Vec::new(), 0);
            for &cut in &cuts {
                encoder.encode(&content[start..cut], Step::Flush, &mut encoded).expect("it works");
                start = cut;
            }
            encoder.encode(&[], Step::Finish, &mut encoded).expect("it works");
            prop_assert_eq!(&decoded(coding, &encoded), &content);
        }
    }
}

/// A decoder that is given what comes, and says what that comes to.
fn read_so_far(coding: Coding, encoded: &[u8]) -> Vec<u8> {
    let written = |result: std::io::Result<()>| result.unwrap_or_else(|error| panic!("{coding:?}: {error}"));
    match coding {
        Coding::Gzip => {
            let mut decoder = flate2::write::GzDecoder::new(Vec::new());
            written(decoder.write_all(encoded).and_then(|()| decoder.flush()));
            decoder.get_ref().clone()
        }
        Coding::Brotli => {
            let mut decoder = brotli::Decompressor::new(encoded, 4096);
            let (mut content, mut piece) = (Vec::new(), [0; 4096]);
            // At the end of what has come it says that there must be more.
            while let Ok(bytes @ 1..) = decoder.read(&mut piece) {
                content.extend_from_slice(&piece[..bytes]);
            }
            content
        }
        Coding::Zstd => {
            let mut decoder = zstd::stream::write::Decoder::new(Vec::new()).expect("there is memory");
            written(decoder.write_all(encoded).and_then(|()| decoder.flush()));
            decoder.get_ref().clone()
        }
    }
}

#[test]
fn a_flushed_part_can_be_read_before_the_next() {
    let large: String = (0..40_000).map(|number| format!("{number},")).collect();
    for coding in Coding::ALL {
        let mut encoder = Encoder::new(coding, Effort::Normal, Use::Stream).expect("there is memory");
        let (mut content, mut encoded) = (Vec::new(), Vec::new());
        for part in ["data: 1\n\n", "data: 2\n\n", &large, "data: 3\n\n", "x"] {
            content.extend_from_slice(part.as_bytes());
            encoder
                .encode(part.as_bytes(), Step::Flush, &mut encoded)
                .expect("it works");
            assert!(read_so_far(coding, &encoded) == content, "{coding:?}");
        }
    }
}

#[test]
fn an_encoder_whose_response_broke_off_is_as_good_as_new() {
    let content = "of another client, ".repeat(200);
    for coding in Coding::ALL {
        let mut encoders = Encoders::default();
        let mut broken = encoders
            .take(coding, Effort::Normal, Use::Stream)
            .expect("there is memory");
        let mut lost = Vec::new();
        broken
            .encode(content.as_bytes(), Step::Flush, &mut lost)
            .expect("it works");
        encoders.give_back(broken);
        for used in [Use::Whole(5), Use::Stream] {
            let mut encoder = encoders
                .take(coding, Effort::Normal, used)
                .expect("there is memory");
            let mut encoded = Vec::new();
            encoder
                .encode(b"hello", Step::Finish, &mut encoded)
                .expect("it works");
            encoders.give_back(encoder);
            assert_eq!(decoded(coding, &encoded), b"hello", "{coding:?}");
        }
    }
}
