//! What a client does: the requests it sends, how it cuts them, how it reads, how it ends.
//!
//! Owns scripts and how they are drawn. Never plays one.

use crate::random::Random;
use crate::seal::SealScript;
use crate::streams::Streams;

/// How a client ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It closes when it has every answer.
    Closes,
    /// It ends its sending side when everything is sent, and waits for the server's end.
    HalfCloses,
    /// It leaves its connection open, and waits for the server to end it.
    Idles,
    /// It is gone when so many bytes are sent.
    Vanishes(usize),
    /// The same, by a reset.
    Resets(usize),
}

/// A client.
#[derive(Clone, Debug)]
pub struct Script {
    /// When it connects, in milliseconds after the start.
    pub starts_ms: u64,
    /// What it sends.
    pub requests: Vec<Vec<u8>>,
    /// The most it sends at once.
    pub piece_max: usize,
    /// How long it waits behind a piece, in milliseconds.
    pub pause_ms: u64,
    /// The most it receives at once.
    pub read_max: usize,
    /// When it has received so many bytes, it receives nothing for so many milliseconds.
    pub stalls: Option<(usize, u64)>,
    /// It sends a request only when it has the answer to the one before.
    pub awaits: bool,
    /// How it ends.
    pub ending: Ending,
    /// What either side's kernel holds of it, in bytes.
    pub capacities: (usize, usize),
    /// It speaks HTTP/2, and this is what it asks.
    pub(crate) streams: Option<Streams>,
    /// What seals its bytes.
    pub(crate) seal: Option<SealScript>,
}

impl Script {
    /// Draws a client. `pause_max_ms`: the longest it waits anywhere.
    pub fn draw(random: &mut Random, client: usize, pause_max_ms: u64) -> Script {
        let requests: Vec<Vec<u8>> = (0..random.between(1, 12))
            .map(|number| request(random, client, number))
            .collect();
        let total: usize = requests.iter().map(Vec::len).sum();
        let ending = match random.below(10) {
            0 | 1 => Ending::HalfCloses,
            2 => Ending::Idles,
            3 => Ending::Vanishes(random.below(total + 1)),
            4 => Ending::Resets(random.below(total + 1)),
            _ => Ending::Closes,
        };
        let pause = |random: &mut Random, per_mille| match random.chance(per_mille) {
            true => random.below(pause_max_ms as usize + 1) as u64,
            false => 0,
        };
        Script {
            starts_ms: random.below(2_000) as u64,
            piece_max: *random.choose(&[1, 7, 100, 2_000, 100_000, 100_000]),
            pause_ms: pause(random, 300),
            read_max: *random.choose(&[1_000, 10_000, 100_000]),
            stalls: random.chance(200).then(|| {
                (
                    random.below(50_000),
                    random.below(pause_max_ms as usize * 4 + 1) as u64,
                )
            }),
            awaits: random.chance(400),
            ending,
            capacities: (
                *random.choose(&[100, 4_000, 64_000]),
                *random.choose(&[500, 8_000, 64_000, 500_000]),
            ),
            requests,
            streams: None,
            seal: None,
        }
    }
}

impl Script {
    /// Has it speak HTTP/2.
    pub fn speak_http2(&mut self, random: &mut Random, client: usize, pause_max_ms: u64) {
        let half_closes = self.ending == Ending::HalfCloses;
        self.streams = Some(Streams::draw(random, client, half_closes, pause_max_ms));
        self.requests.clear();
        match &mut self.ending {
            Ending::Vanishes(at) | Ending::Resets(at) => *at = random.below(60_000),
            _ => {}
        }
    }

    /// Makes one of the requests ask for another protocol. Where the application `switches`, bytes of it follow as a rule;
    /// else they would be taken for a request.
    pub fn add_tunnel(&mut self, random: &mut Random, client: usize, switches: impl Fn(usize) -> bool) {
        let number = random.below(self.requests.len());
        let mut request = match random.below(5) {
            0 => format!("CONNECT c{client}.example:443 HTTP/1.1\r\nhost: c{client}.example\r\n\r\n"),
            1 => format!(
                "GET /{client}/{number} HTTP/1.1\r\nhost: h\r\nupgrade: other, Echo\r\nconnection: close, Upgrade\r\n\r\n"
            ),
            _ => format!(
                "GET /{client}/{number} HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n"
            ),
        }
        .into_bytes();
        if random.chance(100) {
            mutate(random, &mut request);
        }
        self.requests[number] = request;
        if switches(number) && random.chance(800) {
            let length = *random.choose(&[0, 10, 1_000, 20_000, 200_000]);
            self.requests.truncate(number + 1);
            self.requests
                .push((0..length).map(|_| random.number() as u8).collect());
        }
        if random.chance(300) {
            self.ending = Ending::HalfCloses;
        }
    }
}

/// What mistakes are made of.
const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b" ",
    b":",
    b";",
    b",",
    b"0",
    b"1",
    b"f",
    b"\x7f",
    b"\xff",
    b"chunked",
    b"Host: a\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"http://",
    b"/",
    b"0\r\n\r\n",
    b"5;a=b\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
];

fn request(random: &mut Random, client: usize, number: usize) -> Vec<u8> {
    let method = *random.choose(&["GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS"]);
    let version = if random.chance(150) {
        "HTTP/1.0"
    } else {
        "HTTP/1.1"
    };
    let mut text = format!("{method} /{client}/{number} {version}\r\nhost: c{client}.example\r\n");
    if version == "HTTP/1.0" && random.chance(700) {
        text += "connection: keep-alive\r\n";
    } else if random.chance(30) {
        text += "connection: close\r\n";
    }
    for field in 0..random.below(4) {
        text += &format!("x-field-{field}: {}\r\n", "v".repeat(random.below(60)));
    }
    let mut request = text.into_bytes();
    let has_body = matches!(method, "POST" | "PUT") || random.chance(30);
    push_body(random, &mut request, has_body, version == "HTTP/1.0");
    if random.chance(60) {
        mutate(random, &mut request);
    }
    request
}

fn push_body(random: &mut Random, request: &mut Vec<u8>, has_body: bool, is_http_10: bool) {
    if !has_body {
        return request.extend_from_slice(b"\r\n");
    }
    if random.chance(200) {
        request.extend_from_slice(b"expect: 100-continue\r\n");
    }
    let length = *random.choose(&[0, 1, 10, 300, 5_000, 40_000, 300_000]);
    let length = if length > 100_000 && random.chance(700) {
        2_000
    } else {
        length
    };
    let body: Vec<u8> = (0..length).map(|_| random.number() as u8).collect();
    if is_http_10 || random.chance(500) {
        request.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
        return request.extend_from_slice(&body);
    }
    request.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    let chunk = random.between(1, length / 2 + 10).max(length / 50);
    for chunk in body.chunks(chunk) {
        let extension = if random.chance(50) { ";a=\"b\\\"c\"" } else { "" };
        request.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    let trailer: &[u8] = if random.chance(200) {
        b"0\r\nx-trailer: 1\r\n\r\n"
    } else {
        b"0\r\n\r\n"
    };
    request.extend_from_slice(trailer);
}

/// Makes a mistake, near the beginning as a rule.
fn mutate(random: &mut Random, request: &mut Vec<u8>) {
    let bound = if random.chance(800) {
        request.len().min(200)
    } else {
        request.len()
    };
    let at = random.below(bound);
    let end = (at + random.below(12)).min(request.len());
    match random.below(5) {
        0 => request[at] ^= 1 << random.below(8),
        1 => drop(request.drain(at..end)),
        2 => request.truncate(at),
        3 => drop(request.splice(at..end, random.choose(PIECES).iter().copied())),
        _ => drop(request.splice(at..at, random.choose(PIECES).iter().copied())),
    }
}
