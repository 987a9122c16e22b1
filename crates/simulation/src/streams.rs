//! What a client of HTTP/2 does: its requests and what becomes of each, how it uses windows, what it says between.
//!
//! Owns scripts and how they are drawn. Never plays one. Called by: the scenario.

pub(crate) mod lies;

use crate::frames::NUMBER_MAX;
use crate::frames::hpack::Field;
use crate::random::Random;
use crate::reader::{Body, BodyEnd, Message};
use lies::{Lie, Malformed, StreamLie};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is sent whole, and its answer awaited.
    Whole,
    /// The client resets its stream behind so many bytes of the body.
    Resets(usize),
    /// The same behind so many bytes of the answer's body.
    ResetsAnswer(usize),
    /// Its head is malformed.
    Malformed(Malformed),
    /// Its stream breaks a rule, behind so many bytes of the body.
    Lies(StreamLie, usize),
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// What an application is to be told.
    pub(crate) message: Message,
    pub(crate) fate: Fate,
    /// Its head is all of it.
    pub(crate) ends_with_head: bool,
    /// It waits to be told to send its body.
    pub(crate) waits_for_continue: bool,
    /// Bytes of its header block in one frame.
    pub(crate) block_part: usize,
    /// Bytes of its body in one frame.
    pub(crate) data_max: usize,
    /// Frames of it are padded, so often in a thousand times.
    pub(crate) padded: u16,
    pub(crate) has_priority: bool,
    pub(crate) is_left_out: bool,
}

/// What a client lets the server send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    /// What each stream begins with, by its settings.
    pub(crate) initial: u32,
    /// What a stream's window is opened to, and the connection's.
    pub(crate) of_stream: i64,
    pub(crate) of_connection: i64,
    /// How long one that is closed stays so, in milliseconds.
    pub(crate) late_ms: u64,
    /// The connection's is opened by so little at once, and only once it is closed.
    pub(crate) sip: Option<i64>,
}

/// What is beside that which clients of both protocols do.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    pub(crate) requests: Vec<Request>,
    /// Streams at once, as far as the server allows.
    pub(crate) at_once: usize,
    pub(crate) windows: Windows,
    pub(crate) table_bytes: u32,
    pub(crate) frame_bytes_max: u32,
    /// How often it says something between, in a thousand frames.
    pub(crate) chatter: u16,
    /// Behind so many frames it breaks a rule.
    pub(crate) lie: Option<(usize, Lie)>,
    /// It opens streams as long as the server does not say which is the last.
    pub(crate) goes_on: bool,
    /// It does not answer the ping by which the server asks whether it knows of the end.
    pub(crate) ignores_pings: bool,
    /// It says GOAWAY before it closes.
    pub(crate) says_goodbye: bool,
    /// What it draws from while it plays.
    pub(crate) key: u64,
}

impl Streams {
    /// Draws one. `half_closes`: it cannot open windows when it has sent everything. `pause_max_ms`: the longest it waits
    /// anywhere.
    pub(crate) fn draw(random: &mut Random, client: usize, half_closes: bool, pause_max_ms: u64) -> Streams {
        let requests = 0..random.between(1, 16);
        let requests = requests.map(|number| request(random, client, number)).collect();
        let windows = match half_closes {
            true => Windows {
                initial: 1 << 20,
                of_stream: 1 << 20,
                of_connection: 1 << 24,
                late_ms: 0,
                sip: None,
            },
            false => Windows {
                initial: *random.choose(&[0, 1, 1_000, 65_535, 65_535, 1 << 20]),
                of_stream: *random.choose(&[1_000, 20_000, 65_535, 1 << 20]),
                of_connection: *random.choose(&[65_535, 65_535, 1 << 20]),
                late_ms: match random.chance(300) {
                    true => random.below(pause_max_ms as usize * 2) as u64,
                    false => 0,
                },
                sip: random.chance(150).then_some(700),
            },
        };
        Streams {
            requests,
            at_once: *random.choose(&[1, 3, 16, 16]),
            windows,
            table_bytes: *random.choose(&[0, 100, 4_096, 4_096, 65_536]),
            frame_bytes_max: *random.choose(&[16_384, 16_384, 20_000, 1 << 20]),
            chatter: *random.choose(&[0, 20, 200]),
            lie: random
                .chance(120)
                .then(|| (random.below(60), *random.choose(&Lie::ALL))),
            goes_on: random.chance(300),
            ignores_pings: random.chance(150),
            says_goodbye: random.chance(300),
            key: random.number(),
        }
    }

    /// Does without a request.
    pub(crate) fn leave_out(&mut self, request: usize) {
        self.requests[request].is_left_out = true;
    }

    /// The requests that are not left out, by their places.
    pub(crate) fn there(&self) -> impl Iterator<Item = usize> + '_ {
        let requests = self.requests.iter().enumerate();
        requests
            .filter(|(_, request)| !request.is_left_out)
            .map(|(number, _)| number)
    }

    /// What an application is to be told, by the places of the requests.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.requests
            .iter()
            .map(|request| request.message.clone())
            .collect()
    }

    /// Streams that do not end in order by the client's doing: their exchanges last a little longer than they.
    pub(crate) fn early_ends(&self) -> usize {
        let is_early = |request: &&Request| request.fate != Fate::Whole;
        self.requests.iter().filter(is_early).count()
    }
}

impl std::fmt::Display for Streams {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            formatter,
            "HTTP/2, {} at once, {:?}, table {}, frames {}, chatter {}, lie {:?}, goes on {}, ignores pings {}, goodbye {}",
            self.at_once,
            self.windows,
            self.table_bytes,
            self.frame_bytes_max,
            self.chatter,
            self.lie,
            self.goes_on,
            self.ignores_pings,
            self.says_goodbye
        )?;
        for number in self.there() {
            let request = &self.requests[number];
            writeln!(
                formatter,
                "    {number}: {} {} bytes of {:?}, {:?}, {} at once, padded {}, continue {}, trailers {}",
                String::from_utf8_lossy(&request.message.method),
                request.body().len(),
                request.message.declared,
                request.fate,
                request.data_max,
                request.padded,
                request.waits_for_continue,
                request.message.trailers.len(),
            )?;
        }
        Ok(())
    }
}

impl Request {
    /// Its header block.
    pub(crate) fn block(&self, is_secure: bool) -> Vec<Field> {
        let message = &self.message;
        let host = message.fields[0].1.clone();
        let scheme: &[u8] = if is_secure { b"https" } else { b"http" };
        let mut fields = vec![
            (b":method".to_vec(), message.method.clone()),
            (b":scheme".to_vec(), scheme.to_vec()),
            (b":authority".to_vec(), host),
            (b":path".to_vec(), message.target.clone()),
        ];
        fields.extend_from_slice(&message.fields[1..]);
        if let Fate::Malformed(malformed) = self.fate {
            malformed.spoil(&mut fields);
        }
        fields
    }

    /// What of its body is sent.
    pub(crate) fn body(&self) -> &[u8] {
        &self.message.body.bytes
    }
}

fn request(random: &mut Random, client: usize, number: usize) -> Request {
    let method = *random.choose(&["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "OPTIONS"]);
    let mut fields = vec![(b"host".to_vec(), format!("c{client}.example").into_bytes())];
    for field in 0..random.below(4) {
        let value = "v".repeat(random.below(60)).into_bytes();
        fields.push((format!("x-field-{field}").into_bytes(), value));
    }
    if random.chance(200) {
        fields.push((b"user-agent".to_vec(), b"simulation".to_vec()));
    }
    let can_have_body = matches!(method, "POST" | "PUT");
    let length = *random.choose(&[0, 1, 10, 300, 5_000, 40_000, 120_000]);
    let length = if can_have_body { length } else { 0 };
    let fate = fate(random, length);
    let has_body = can_have_body && !matches!(fate, Fate::Malformed(_));
    let bytes: Vec<u8> = (0..length).map(|_| random.number() as u8).collect();
    let declared = declared(random, has_body, length as u64, fate);
    if let Some(said) = declared.filter(|_| has_body) {
        fields.push((b"content-length".to_vec(), said.to_string().into_bytes()));
    }
    let expects = has_body && declared != Some(0) && random.chance(150);
    if expects {
        fields.push((b"expect".to_vec(), b"100-continue".to_vec()));
    }
    // A body of which the head says that it is empty is whole with that, and what follows is not waited for.
    let has_trailers =
        has_body && declared != Some(0) && random.chance(250) && !matches!(fate, Fate::Lies(..));
    let end = match fate {
        Fate::Malformed(malformed) => BodyEnd::Refused(malformed.status().unwrap_or(0)),
        Fate::Lies(lie, _) if lie.is_behind_end() => BodyEnd::Whole(0),
        // What has no bytes, as its head says, is whole by then.
        Fate::Resets(_) | Fate::Lies(..) if declared != Some(0) => BodyEnd::Partial,
        _ => BodyEnd::Whole(0),
    };
    Request {
        message: Message {
            starts_at: 0,
            head_ends_at: 0,
            method: method.into(),
            target: format!("/{client}/{number}").into_bytes(),
            is_http_10: false,
            is_http_2: true,
            fields,
            keep_alive: true,
            expects_continue: expects,
            upgrade: None,
            declared,
            trailers: match has_trailers {
                true => vec![("x-sum".to_owned(), number.to_string().into_bytes())],
                false => Vec::new(),
            },
            body: Body { bytes, end },
        },
        fate,
        ends_with_head: !has_body,
        waits_for_continue: expects && random.chance(700),
        block_part: *random.choose(&[1, 20, 16_000, 16_000, 16_000]),
        data_max: *random.choose(&[100, 1_000, 5_000, 16_000, 16_000]),
        padded: *random.choose(&[0, 0, 300, 1_000]),
        has_priority: random.chance(100),
        is_left_out: false,
    }
}

/// The length that a head says, as a message has it: none where it says nothing, 0 where there is no body.
fn declared(random: &mut Random, has_body: bool, length: u64, fate: Fate) -> Option<u64> {
    match fate {
        _ if !has_body => Some(0),
        Fate::Lies(StreamLie::Longer, _) => Some(length - 1),
        Fate::Lies(StreamLie::Shorter, _) => Some(length + 1),
        _ => random.chance(500).then_some(length),
    }
}

fn fate(random: &mut Random, length: usize) -> Fate {
    match random.below(20) {
        0 => Fate::Resets(random.below(length + 1)),
        1 => Fate::ResetsAnswer(random.below(30_000)),
        2 => Fate::Malformed(*random.choose(&Malformed::ALL)),
        3 => {
            let lie = *random.choose(&StreamLie::ALL);
            let needs_body = !matches!(lie, StreamLie::DataBehindEnd | StreamLie::WindowByNothing);
            match needs_body && length < 2 {
                true => Fate::Whole,
                false => Fate::Lies(lie, random.below(length + 1)),
            }
        }
        _ => Fate::Whole,
    }
}

/// The most that any window is.
pub(crate) const WINDOW_MAX: i64 = NUMBER_MAX as i64;
