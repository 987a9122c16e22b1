//! How much memory a configuration may need at worst, and what nothing bounds.
//!
//! Owns the sum. Bounds that belong to others are taken from their options; those that no option changes stand here, and
//! in `docs/internals/queues.md`. Called by: `howth limits`.

use std::num::NonZeroUsize;

use howth_clients::AddressCounts;
use howth_compression::{CORE_BYTES_MAX, DECODER_BYTES_MAX};
use howth_engine::{CODED_BODIES_MAX, EngineOptions};
use howth_rate_limit::KEY_BYTES;
use howth_scheduling::RING_LENGTH;
use howth_supervision::usable_cores;

use crate::compression::TASK_BYTES_MAX;
use crate::isolate;
use crate::topics::WAITING_BYTES_MAX;

/// What a core has once, whatever its clients do: the thread's stack, and the ring with its receive buffers.
const CORE_BYTES: u64 = (8 << 20) + 1024 * 4096 + (1 << 20);
/// A connection's own state, and its entry in the table; on the portable engine with its registration in tokio, 0.83 KiB when idle.
const CONNECTION_BYTES: u64 = 1024;
/// Over TLS: the session, 6 KiB when idle; what has come and is no whole record, of a handshake besides its records; what is
/// sealed and on its way.
const TLS_BYTES: u64 = (8 + 18 + 64 + 80) * 1024;
/// A session of HTTP/2, 2.5 KiB when idle, and what its tables take beside the fields in them.
const HTTP2_BYTES: u64 = 4 * 1024;
/// What is kept of a request besides its head and body.
const REQUEST_BYTES: u64 = 1024;
/// Unsent responses with which no more requests are taken, as a multiple of the high watermark of one.
const UNSENT_WATERMARKS: u64 = 4;
/// Body bytes of a connection, as a multiple of the high watermark: as much is held when reading stops, and as much was
/// set aside for the body that is arriving.
const BODY_WATERMARKS: u64 = 2;

/// One of these tables.
const ADDRESS_COUNTS_BYTES: u64 = 8 * AddressCounts::SLOTS as u64;

/// What no option bounds, each as a sentence.
pub const UNBOUNDED: [&str; 6] = [
    "whole responses: each takes its size until the client has taken it, and every request of a pipeline may have one",
    "chunks of streams: one more than the bound, as large as the application makes it",
    "messages of WebSockets: each connection may have one arriving, plain and compressed, to maxPayloadLength (16 MiB), and \
     backpressureLimit (16 MiB) unsent; servers set both",
    "clients that limits of Howth.rateLimit know: 10,000 each, or as many as their keys say, of 160 bytes",
    "ArrayBuffers, WebAssembly's memory, and what native add-ons allocate: they are not on a heap",
    "reloads that follow one another within --drain: each leaves another heap for every core",
];

/// What decides about memory.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Cores; `None`: as many as the process may use.
    pub cores: Option<NonZeroUsize>,
    /// Bounds of each core's engine.
    pub engine_options: EngineOptions,
    /// Heap limit of each isolate, in bytes; `None`: the default.
    pub heap_bytes_max: Option<usize>,
    /// Bound of `Howth.kv`, in bytes.
    pub kv_bytes_max: usize,
    /// Clients that `--rate-limit` knows.
    pub limited_clients: usize,
    /// Bound of `Howth.cache`, in bytes.
    pub cache_bytes_max: usize,
    /// Responses are compressed.
    pub compresses: bool,
}

/// One thing that takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What it is.
    pub name: &'static str,
    /// Bytes of one.
    pub bytes: u64,
    /// How many there may be.
    pub count: u64,
}

impl Share {
    /// Bytes of all.
    pub fn total(&self) -> u64 {
        self.bytes.saturating_mul(self.count)
    }
}

/// How many cores serve, and everything whose number or size a client or a program decides, at its bound.
pub fn worst_case(configuration: &Configuration) -> (NonZeroUsize, Vec<Share>) {
    let cores = configuration.cores.unwrap_or_else(usable_cores);
    let heap = configuration
        .heap_bytes_max
        .unwrap_or_else(|| isolate::heap_bytes_default(isolate::memory_bytes(), cores));
    let options = &configuration.engine_options;
    let limits = &options.limits;
    let count = cores.get() as u64;
    let connections = count * u64::from(options.connections_max);
    let share = |name, bytes, count| Share { name, bytes, count };
    // Of each request that was taken, and of the one that is arriving.
    let heads = (limits.head_bytes_max as u64 + REQUEST_BYTES) * (requests_max(options) + 1);
    let beyond = isolate::UNWINDING_FACTOR as u64 - 1;
    // What is under way there is a request at most: a head, and a body that was held whole.
    let request = (limits.head_bytes_max + options.body_high_watermark_bytes) as u64;
    let compressing = if configuration.compresses { count } else { 0 };
    let shares = vec![
        share("V8 heaps", heap as u64, count),
        share(
            "  beyond, while code is ended there",
            (heap as u64).saturating_mul(beyond),
            count,
        ),
        share("  of new code, during a reload", heap as u64, count),
        share("cores: stack, ring, receive buffers", CORE_BYTES, count),
        share("Howth.kv", configuration.kv_bytes_max as u64, 1),
        share("Howth.cache", configuration.cache_bytes_max as u64, 1),
        share(
            "counts of addresses",
            ADDRESS_COUNTS_BYTES,
            address_counts(options),
        ),
        share(
            "clients that --rate-limit knows",
            KEY_BYTES as u64,
            configuration.limited_clients as u64,
        ),
        share(
            "decoders of what requests bring",
            DECODER_BYTES_MAX as u64,
            count * decoders(options),
        ),
        share(
            "compression: encoders, ready bodies",
            CORE_BYTES_MAX as u64,
            compressing,
        ),
        share(
            "  large responses, given and encoded",
            2 * TASK_BYTES_MAX as u64,
            compressing.min(1),
        ),
        share("topics", WAITING_BYTES_MAX as u64, count),
        share("BroadcastChannel", WAITING_BYTES_MAX as u64, count),
        share(
            "requests between cores",
            RING_LENGTH as u64 * request,
            count * (count - 1),
        ),
        share("connections", CONNECTION_BYTES, connections),
        share("  TLS: sessions, records on their way", TLS_BYTES, connections),
        share(
            "  HTTP/2: sessions, tables of fields",
            frames(options),
            connections,
        ),
        share("  heads of pipelined requests", heads, connections),
        share("  request bodies", bodies(options), connections),
        share(
            "  unsent responses, but for the below",
            unsent(options),
            connections,
        ),
    ];
    (cores, shares)
}

/// Requests of one connection that may be in the application's hands: of a pipeline, or of streams.
fn requests_max(options: &EngineOptions) -> u64 {
    let streams = options.http2.as_ref().map_or(0, |limits| limits.streams_max);
    u64::from(options.pipeline_max.max(streams))
}

/// What a connection takes that speaks HTTP/2, without its streams.
fn frames(options: &EngineOptions) -> u64 {
    options.http2.as_ref().map_or(0, |limits| {
        // One in each direction.
        HTTP2_BYTES + 2 * u64::from(limits.table_bytes_max)
    })
}

/// Bytes of request bodies of one connection, whichever protocol it speaks.
fn bodies(options: &EngineOptions) -> u64 {
    let pipeline = BODY_WATERMARKS * options.body_high_watermark_bytes as u64;
    let streams = options.http2.as_ref().map_or(0, |limits| {
        // A header block that is not whole comes on top, and a frame.
        let block = 2 * limits.field_list_bytes_max as u64 + u64::from(limits.frame_bytes_max);
        u64::from(limits.connection_window_bytes).saturating_add(block)
    });
    pipeline.max(streams)
}

/// Tables in which the connections or requests of addresses are counted.
fn address_counts(options: &EngineOptions) -> u64 {
    let clients = &options.clients;
    u64::from(clients.connections.is_some()) + u64::from(clients.requests.is_some())
}

/// Decoders of request bodies of a core.
fn decoders(options: &EngineOptions) -> u64 {
    options.body_decoding.map_or(0, |_| CODED_BODIES_MAX as u64)
}

/// Response bytes of one connection that wait.
fn unsent(options: &EngineOptions) -> u64 {
    let watermarks = UNSENT_WATERMARKS * options.write_high_watermark_bytes as u64;
    let streams = options.http2.as_ref().map_or(0, |limits| {
        (limits.send_buffer_bytes as u64).saturating_mul(u64::from(limits.streams_max))
    });
    watermarks.saturating_add(streams)
}

/// What the process may use, in bytes: the cgroup's limit, or the machine's memory.
pub fn memory_bytes() -> u64 {
    isolate::memory_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_counted_for_each_core() {
        let configuration = |cores| Configuration {
            cores: NonZeroUsize::new(cores),
            engine_options: EngineOptions::default(),
            heap_bytes_max: Some(100),
            kv_bytes_max: 7,
            limited_clients: 0,
            cache_bytes_max: 5,
            compresses: false,
        };
        let total = |cores: usize| -> u64 {
            let (_, shares) = worst_case(&configuration(cores));
            shares.iter().map(Share::total).sum()
        };
        let (one, two) = (total(1) - 12, total(2) - 12);
        let between = 2 * RING_LENGTH as u64 * (32 + 256) * 1024;
        assert_eq!(two, 2 * one + between);
        // A heap, as much again beyond its limit, and that of new code.
        let heaps = |bytes| {
            let (_, shares) = worst_case(&Configuration {
                heap_bytes_max: Some(bytes),
                ..configuration(1)
            });
            shares.iter().map(Share::total).sum::<u64>()
        };
        assert_eq!(heaps(200) - heaps(100), 300);
    }

    #[test]
    fn what_a_connection_speaks_counts() {
        let of = |http2| {
            let engine_options = EngineOptions {
                connections_max: 1,
                http2,
                ..EngineOptions::default()
            };
            let (_, shares) = worst_case(&Configuration {
                cores: NonZeroUsize::new(1),
                engine_options,
                heap_bytes_max: None,
                kv_bytes_max: 0,
                limited_clients: 0,
                cache_bytes_max: 0,
                compresses: false,
            });
            move |name: &str| {
                let mut shares = shares.iter().filter(|share| share.name.contains(name));
                shares.next().map(Share::total)
            }
        };
        let (plain, both) = (of(None), of(Some(howth_engine::Http2Limits::default())));
        // What the session takes, no less than what is kept of records that are not whole and of those on their way.
        assert!(plain("TLS").is_some_and(|bytes| bytes > (18 + 64 + 80) << 10));
        assert_eq!((plain("TLS"), plain("HTTP/2")), (both("TLS"), Some(0)));
        assert!(both("HTTP/2").is_some_and(|bytes| bytes > 2 * 4096));
        assert!(both("request bodies") > plain("request bodies") && both("unsent") > plain("unsent"));
    }

    #[test]
    fn nothing_overflows() {
        let engine_options = EngineOptions {
            connections_max: u32::MAX,
            pipeline_max: u32::MAX,
            ..EngineOptions::default()
        };
        let (_, shares) = worst_case(&Configuration {
            cores: NonZeroUsize::new(1024),
            engine_options,
            heap_bytes_max: Some(usize::MAX),
            kv_bytes_max: usize::MAX,
            limited_clients: 10_000,
            cache_bytes_max: usize::MAX,
            compresses: true,
        });
        assert!(shares.iter().any(|share| share.total() == u64::MAX));
    }
}
