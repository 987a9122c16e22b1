//! HTTP/2 and its bounds: the `--http2…` options.
//!
//! Owns their spelling; the defaults are the protocol's own. Never enforces them.

use clap::{Args, ValueEnum};
use howth_engine::Http2Limits;

use super::options::memory_bytes;
use super::values::{Size, parse_bounded_size};

/// No window of a stream or a connection is larger (RFC 9113 section 6.9.1).
const WINDOW_BYTES_MAX: u64 = 0x7fff_ffff;

/// What a window is before a server says otherwise (RFC 9113 section 6.9.2).
const WINDOW_BYTES_LEAST: u64 = 65_535;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Http2Choice {
    On,
    Off,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "HTTP/2")]
pub struct Http2Arguments {
    /// Whether clients may speak HTTP/2: those that know that the server does, and over TLS those that ask
    ///
    /// Not to servers of node:http, which speak HTTP/1.1 alone.
    #[arg(long, value_enum, default_value_t = Http2Choice::On)]
    pub http2: Http2Choice,

    /// Streams of one connection that may be open at once; beyond it they are refused, to be sent again
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(default_value_t = Http2Limits::default().streams_max)]
    pub http2_max_streams: u32,

    /// Bytes of a request's body that a client may send before the application has taken some
    #[arg(long, value_name = "SIZE", value_parser = parse_window)]
    #[arg(default_value_t = Size::of(Http2Limits::default().stream_window_bytes.into()))]
    pub http2_stream_window: Size,

    /// The same of all requests of a connection together
    #[arg(long, value_name = "SIZE", value_parser = parse_window)]
    #[arg(default_value_t = Size::of(Http2Limits::default().connection_window_bytes.into()))]
    pub http2_connection_window: Size,

    /// Bytes of the largest frame that is taken, 16K to 16M
    #[arg(long, value_name = "SIZE", value_parser = parse_frame)]
    #[arg(default_value_t = Size::of(Http2Limits::default().frame_bytes_max.into()))]
    pub http2_max_frame: Size,

    /// Bytes of the table by which header fields are compressed, in each direction
    #[arg(long, value_name = "SIZE", value_parser = parse_table)]
    #[arg(default_value_t = Size::of(Http2Limits::default().table_bytes_max.into()))]
    pub http2_header_table: Size,

    /// Bytes of a response that a stream may hold before its producer is told to stop
    #[arg(long, value_name = "SIZE", value_parser = parse_bounded_size)]
    #[arg(default_value_t = Size::of(Http2Limits::default().send_buffer_bytes as u64))]
    pub http2_send_buffer: Size,

    /// Streams that end by a reset, at once; beyond it the connection ends
    #[arg(long, value_name = "N")]
    #[arg(default_value_t = Http2Limits::default().resets_max)]
    pub http2_max_resets: u32,

    /// How many of these are forgiven each second
    #[arg(long, value_name = "N")]
    #[arg(default_value_t = Http2Limits::default().resets_per_second)]
    pub http2_reset_rate: u32,

    /// Frames that bring nothing forward, such as pings, at once; beyond it the connection ends
    #[arg(long, value_name = "N")]
    #[arg(default_value_t = Http2Limits::default().idle_frames_max)]
    pub http2_max_idle_frames: u32,

    /// How many of these are forgiven each second
    #[arg(long, value_name = "N")]
    #[arg(default_value_t = Http2Limits::default().idle_frames_per_second)]
    pub http2_idle_frame_rate: u32,
}

impl Http2Arguments {
    /// What they come to; `head_bytes_max` is that of every request's head. `None`: nobody speaks it.
    pub fn limits(&self, head_bytes_max: usize) -> Option<Http2Limits> {
        (self.http2 == Http2Choice::On).then(|| Http2Limits {
            streams_max: self.http2_max_streams,
            stream_window_bytes: number(self.http2_stream_window),
            connection_window_bytes: number(self.http2_connection_window),
            frame_bytes_max: number(self.http2_max_frame),
            table_bytes_max: number(self.http2_header_table),
            field_list_bytes_max: head_bytes_max,
            resets_max: self.http2_max_resets,
            resets_per_second: self.http2_reset_rate,
            idle_frames_max: self.http2_max_idle_frames,
            idle_frames_per_second: self.http2_idle_frame_rate,
            send_buffer_bytes: memory_bytes(self.http2_send_buffer),
        })
    }
}

/// What the parsers below have let through fits.
fn number(size: Size) -> u32 {
    u32::try_from(memory_bytes(size)).unwrap_or(u32::MAX)
}

fn parse_window(text: &str) -> Result<Size, String> {
    parse_between(text, WINDOW_BYTES_LEAST, WINDOW_BYTES_MAX)
}

fn parse_frame(text: &str) -> Result<Size, String> {
    parse_between(text, 16_384, 16_777_215)
}

fn parse_table(text: &str) -> Result<Size, String> {
    parse_between(text, 0, 1 << 20)
}

fn parse_between(text: &str, least: u64, most: u64) -> Result<Size, String> {
    let size = parse_bounded_size(text)?;
    match size.bytes() {
        Some(bytes) if (least..=most).contains(&bytes) => Ok(size),
        _ => Err(format!("give {least} to {most} bytes")),
    }
}
