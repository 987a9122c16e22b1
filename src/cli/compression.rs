//! Compression of responses and of request bodies: `--compress`, `--compress-min`, `--decompress-requests`.
//!
//! Owns their spelling. Never compresses anything: the runtime does.

use clap::Args;
use howth_engine::BodyDecoding;
use howth_runtime::{BODY_DECODING, Coding, CompressionPolicy};

use super::values::{Size, parse_bounded_size};

/// In less there is little to save.
const BYTES_MIN: u64 = 1024;

#[derive(Debug, Args)]
#[command(next_help_heading = "Compression")]
pub struct CompressionArguments {
    /// Compress responses for clients that accept it: zstd, br, gzip, in the order of preference
    ///
    /// Those of handlers of fetch's kind and of ready routes, if they are text by their Content-Type and have no
    /// Content-Encoding. `Cache-Control: no-transform` keeps a response as it is. Not those of node:http's servers, which
    /// encode their responses themselves.
    #[arg(long, value_name = "CODINGS", value_parser = parse_codings, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "zstd,br,gzip")]
    pub compress: Option<Codings>,

    /// Leave responses of fewer bytes as they are; streams of unknown length are compressed always
    #[arg(long, value_name = "SIZE", value_parser = parse_bounded_size, default_value_t = Size::of(BYTES_MIN))]
    #[arg(requires = "compress")]
    pub compress_min: Size,

    /// Decompress bodies of requests by their Content-Encoding: gzip, deflate, br, zstd
    ///
    /// As they are read, and never to more than `--max-body`: 413 then; what does not decode is answered 400. The program sees no
    /// Content-Encoding. Without it a program gets bodies as they are sent.
    #[arg(long)]
    pub decompress_requests: bool,
}

/// Codings, the preferred first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codings(Vec<Coding>);

impl CompressionArguments {
    /// Who decodes request bodies; `None`: nobody.
    pub fn body_decoding(&self) -> Option<BodyDecoding> {
        self.decompress_requests.then_some(BODY_DECODING)
    }

    /// What they come to; `None`: nothing is compressed.
    pub fn policy(&self) -> Option<CompressionPolicy> {
        let codings = self.compress.clone()?;
        Some(CompressionPolicy {
            offered: codings.0,
            bytes_min: self.compress_min.bytes().unwrap_or(BYTES_MIN),
        })
    }
}

fn parse_codings(text: &str) -> Result<Codings, String> {
    let mut codings = Vec::new();
    for name in text.split(',') {
        let named = Coding::ALL
            .into_iter()
            .find(|coding| coding.name() == name.trim());
        match named {
            Some(coding) if !codings.contains(&coding) => codings.push(coding),
            _ => {
                return Err(
                    "give each of zstd, br and gzip at most once, with commas between them".to_owned(),
                );
            }
        }
    }
    Ok(Codings(codings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_named_in_the_order_of_preference() {
        let codings = parse_codings("gzip, zstd").expect("both are known");
        assert_eq!(codings.0, [Coding::Gzip, Coding::Zstd]);
        for wrong in ["", "gzip,", "deflate", "gzip,gzip", "GZIP"] {
            assert!(parse_codings(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
