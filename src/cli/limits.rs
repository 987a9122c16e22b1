//! The bounds of what clients may send, the `--max-…` options, and of what the cores share: `--kv-bytes`, `--cache-bytes`.
//!
//! Owns their spelling; the defaults are the engine's own. Never enforces them.

use clap::Args;
use howth_engine::EngineOptions;
use howth_runtime::{CACHE_BYTES_DEFAULT, CACHE_BYTES_LEAST, KV_BYTES_DEFAULT, KV_BYTES_LEAST};

use super::http2::Http2Arguments;
use super::values::{Size, parse_bounded_size};

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArguments {
    /// Bytes of a request's head: request line and fields; more is answered 431
    ///
    /// Sizes are bytes, with K, M or G for powers of 1024.
    #[arg(long, value_name = "SIZE", value_parser = parse_bounded_size)]
    #[arg(default_value_t = Size::of(EngineOptions::default().limits.head_bytes_max as u64))]
    pub max_head: Size,

    /// Bytes of a request's target; more is answered 414
    #[arg(long, value_name = "SIZE", value_parser = parse_bounded_size)]
    #[arg(default_value_t = Size::of(EngineOptions::default().limits.target_bytes_max as u64))]
    pub max_target: Size,

    /// Number of a request's header fields; more is answered 431
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    #[arg(default_value_t = EngineOptions::default().limits.fields_max as u16)]
    pub max_fields: u16,

    /// Bytes of a request's body, or off; more is answered 413
    #[arg(long, value_name = "SIZE")]
    #[arg(default_value_t = Size::of(EngineOptions::default().limits.body_bytes_max))]
    pub max_body: Size,

    /// Bytes of a chunked request's trailer section; more is answered 431
    #[arg(long, value_name = "SIZE", value_parser = parse_bounded_size)]
    #[arg(default_value_t = Size::of(EngineOptions::default().limits.trailer_bytes_max as u64))]
    pub max_trailers: Size,

    /// Open connections of each core; beyond it clients wait in the kernel's backlog
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(default_value_t = EngineOptions::default().connections_max)]
    pub max_connections: u32,

    /// Requests of one connection that are worked on at once; beyond it the connection is not read from
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(default_value_t = EngineOptions::default().pipeline_max)]
    pub max_pipeline: u32,

    /// Bytes of what Howth.kv holds for all cores together; beyond it what is used least is forgotten
    ///
    /// At least 1M. A key may have 1 KiB, a value a sixty-fourth of this.
    #[arg(long, value_name = "SIZE", value_parser = parse_kv_bytes)]
    #[arg(default_value_t = Size::of(KV_BYTES_DEFAULT as u64))]
    pub kv_bytes: Size,

    /// Bytes of responses that Howth.cache keeps for all cores together; beyond it what is used least is forgotten
    ///
    /// At least 1M. A response may have a thirty-second of this, and 1 MiB unless its route says more.
    #[arg(long, value_name = "SIZE", value_parser = parse_cache_bytes)]
    #[arg(default_value_t = Size::of(CACHE_BYTES_DEFAULT as u64))]
    pub cache_bytes: Size,

    #[command(flatten)]
    pub http2: Http2Arguments,
}

fn parse_kv_bytes(text: &str) -> Result<Size, String> {
    parse_at_least(text, Size::of(KV_BYTES_LEAST as u64))
}

fn parse_cache_bytes(text: &str) -> Result<Size, String> {
    parse_at_least(text, Size::of(CACHE_BYTES_LEAST as u64))
}

fn parse_at_least(text: &str, least: Size) -> Result<Size, String> {
    match parse_bounded_size(text)? {
        size if size.bytes() < least.bytes() => Err(format!("give at least {least}")),
        size => Ok(size),
    }
}
