//! Who clients are behind proxies, and how much each address may have open: `--proxy-protocol-from`, `--trust-proxy`,
//! `--trust-proxy-header`, `--connections-per-address`, `--requests-per-address`; and what they are told of their requests:
//! `--request-id`, `--server-timing`.
//!
//! Owns these options and their spelling. Never looks at a client: the engine does.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use howth_clients::{AddressCounts, Forwarding, Networks, TrustedProxies};
use howth_engine::ClientOptions;

#[derive(Debug, Args)]
#[command(next_help_heading = "Clients and proxies")]
pub struct ClientArguments {
    /// From whom connections begin with a header of the PROXY protocol, version 1 or 2: 10.0.0.0/8,unix
    ///
    /// Networks with commas between them, and the names loopback, private and unix (whoever comes by a Unix-domain
    /// socket). Whoever is in one has to send the header, before TLS as well, and is closed without a word where it does
    /// not; nobody else may send it. The address that it names is the client's everywhere.
    #[arg(long, value_name = "NETWORKS", value_parser = parse_networks)]
    pub proxy_protocol_from: Option<Networks>,

    /// Which proxies are believed who the client is: 10.0.0.0/8, loopback, private, unix, or how many there are
    ///
    /// Networks and names with commas between them, or the number of proxies before this server. The client is the last hop
    /// of X-Forwarded-For that is not trusted, and the scheme of request.url that of X-Forwarded-Proto. Let the proxy set
    /// both. By default nobody is believed.
    #[arg(long, value_name = "WHO", value_parser = parse_proxies)]
    pub trust_proxy: Option<TrustedProxies>,

    /// The header in which trusted proxies tell of the client
    ///
    /// The other one is not read: a client could send it itself.
    #[arg(long, value_name = "NAME", value_enum, default_value_t = ForwardingChoice::XForwardedFor)]
    #[arg(requires = "trust_proxy")]
    pub trust_proxy_header: ForwardingChoice,

    /// Open connections of one address, on all cores together; beyond it new ones are closed
    ///
    /// Addresses of IPv6 count by their /64. Behind a proxy each of its connections counts as the proxy's, unless it names
    /// the client by the PROXY protocol.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_per_address: Option<u32>,

    /// Requests in flight of one address, on all cores together; beyond it they are refused
    ///
    /// The address is the client's that --trust-proxy makes out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub requests_per_address: Option<u32>,

    /// The status of requests beyond --requests-per-address: 503 or 429
    #[arg(long, value_name = "STATUS", default_value_t = 503, value_parser = parse_status)]
    #[arg(requires = "requests_per_address")]
    pub requests_per_address_status: u16,

    /// Give every request a name: the header x-request-id, of the request and of its response
    ///
    /// That which a trusted proxy (--trust-proxy) has given is kept; any other is replaced by a UUID of version 7. With
    /// --dev the line of a request has it too.
    #[arg(long)]
    pub request_id: bool,

    /// Have responses of the program say how long they took: the header Server-Timing
    ///
    /// Milliseconds: queue, from the arrival of the request until JavaScript was given it; app, from then until its response
    /// began. It stands beside a Server-Timing of the program's own, and browsers show it. Responses of node:http and those
    /// without JavaScript, such as files, have none.
    #[arg(long)]
    pub server_timing: bool,
}

/// The header that is read.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ForwardingChoice {
    /// X-Forwarded-For, with X-Forwarded-Proto
    XForwardedFor,
    /// Forwarded (RFC 7239)
    Forwarded,
}

impl ClientArguments {
    /// What the engine is told. The counts are one for all cores.
    pub fn options(&self) -> ClientOptions {
        let counts = |bound: Option<u32>| bound.map(|bound| AddressCounts::new(bound, AddressCounts::SLOTS));
        ClientOptions {
            announced_from: self.proxy_protocol_from.clone().map(Arc::new),
            trusted_proxies: self.trusted_proxies().map(Arc::new),
            connections: counts(self.connections_per_address),
            requests: counts(self.requests_per_address),
            requests_status: self.requests_per_address_status,
            names_requests: self.request_id,
        }
    }

    fn trusted_proxies(&self) -> Option<TrustedProxies> {
        let mut proxies = self.trust_proxy.clone()?;
        proxies.forwarding = match self.trust_proxy_header {
            ForwardingChoice::XForwardedFor => Forwarding::Plain,
            ForwardingChoice::Forwarded => Forwarding::Standard,
        };
        Some(proxies)
    }
}

fn parse_networks(text: &str) -> Result<Networks, String> {
    text.parse()
        .map_err(|error: howth_clients::InvalidNetwork| error.to_string())
}

fn parse_proxies(text: &str) -> Result<TrustedProxies, String> {
    text.parse()
        .map_err(|error: howth_clients::InvalidTrust| error.to_string())
}

fn parse_status(text: &str) -> Result<u16, String> {
    match text {
        "503" => Ok(503),
        "429" => Ok(429),
        _ => Err("give 503 or 429".to_owned()),
    }
}
