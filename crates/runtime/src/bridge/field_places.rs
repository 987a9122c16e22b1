//! Where the fields of a request lie in the text that JavaScript has of it.
//!
//! JavaScript cuts names and values out of the text; finding and sorting them takes it several times as long as
//! it takes here. Reads only: what the engine lets through has no other form than "name: value", CR and LF, one line
//! a field (RFC 9112 section 5).

use std::borrow::Cow;
use std::cmp::Ordering;

use deno_core::{op2, v8};
use howth_javascript::server::field;

/// Numbers a field: its name's number, where the name begins and ends, where the value does.
const FIELD_LENGTH: usize = field::LENGTH;

/// The number of a name that is not in [`NAMES`].
const UNKNOWN: u32 = 0;

/// The names that clients send, sorted. The first has number 1.
const NAMES: [&str; 60] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "cf-connecting-ip",
    "cf-ray",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-event-id",
    "max-forwards",
    "origin",
    "pragma",
    "priority",
    "proxy-authorization",
    "range",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-gpc",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-api-key",
    "x-csrf-token",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
    "x-requested-with",
];

/// Far more than names, so that most are found at the first look.
const SLOTS: usize = 256;

/// The numbers of the names by their hash; where two meet, the later one has the next free slot.
static NUMBERS: [u8; SLOTS] = numbers();

const fn numbers() -> [u8; SLOTS] {
    let mut numbers = [UNKNOWN as u8; SLOTS];
    let mut position = 0;
    while position < NAMES.len() {
        let mut slot = slot_of(NAMES[position].as_bytes());
        while numbers[slot] != UNKNOWN as u8 {
            slot = (slot + 1) % SLOTS;
        }
        position += 1;
        numbers[slot] = position as u8;
    }
    numbers
}

/// Where to look for a name first, in whatever case it is; the name is not empty.
const fn slot_of(name: &[u8]) -> usize {
    let len = name.len();
    let first = name[0].to_ascii_lowercase() as u32;
    let middle = name[len / 2].to_ascii_lowercase() as u32;
    let last = name[len - 1].to_ascii_lowercase() as u32;
    let mixed = (len as u32) ^ (first << 5) ^ (middle << 11) ^ (last << 17);
    (mixed.wrapping_mul(0x9E37_79B1) >> 24) as usize
}

/// The number of a name in whatever case.
fn number_of(name: &[u8]) -> u32 {
    if name.is_empty() {
        return UNKNOWN;
    }
    let mut slot = slot_of(name);
    while NUMBERS[slot] != UNKNOWN as u8 {
        let number = usize::from(NUMBERS[slot]);
        if NAMES[number - 1].as_bytes().eq_ignore_ascii_case(name) {
            return number as u32;
        }
        slot = (slot + 1) % SLOTS;
    }
    UNKNOWN
}

/// The known names, in the order of their numbers.
#[op2]
pub(super) fn op_howth_field_names<'s>(scope: &mut v8::PinScope<'s, '_>) -> v8::Local<'s, v8::Array> {
    let names = NAMES.map(|name| {
        let name = v8::String::new_from_one_byte(scope, name.as_bytes(), v8::NewStringType::Internalized);
        name.expect("it is far below V8's limit").into()
    });
    v8::Array::new_with_elements(scope, &names)
}

/// Writes where the fields lie that begin at `start`, sorted by name or in the order they came; gives how many
/// there are. Of more than `places` has room for the first ones are written, unsorted.
#[op2(fast)]
pub(super) fn op_howth_fields(
    #[string(onebyte)] text: Cow<'_, [u8]>,
    start: u32,
    is_sorted: bool,
    #[buffer] places: &mut [u32],
) -> u32 {
    write_places(&text, start as usize, is_sorted, places) as u32
}

fn write_places(text: &[u8], start: usize, is_sorted: bool, places: &mut [u32]) -> usize {
    let (places, _) = places.as_chunks_mut::<FIELD_LENGTH>();
    let (mut count, mut at) = (0, start);
    while let Some(line) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let end = memchr::memchr(b'\r', line).unwrap_or(line.len());
        let colon = memchr::memchr(b':', &line[..end]).unwrap_or(end);
        let mut value = line.get(colon + 1..end).unwrap_or_default();
        while let [b' ' | b'\t', rest @ ..] = value {
            value = rest;
        }
        let value_start = at + end - value.len();
        while let [rest @ .., b' ' | b'\t'] = value {
            value = rest;
        }
        let value_end = value_start + value.len();
        if let Some(place) = places.get_mut(count) {
            *place = [
                number_of(&line[..colon]),
                at as u32,
                (at + colon) as u32,
                value_start as u32,
                value_end as u32,
            ];
        }
        count += 1;
        at += end + b"\r\n".len();
    }
    if let Some(places) = places.get_mut(..count).filter(|_| is_sorted) {
        // Stable: the values of a name stay in their order.
        places.sort_by(|a, b| by_name(text, a, b));
    }
    count
}

fn by_name(text: &[u8], a: &[u32; FIELD_LENGTH], b: &[u32; FIELD_LENGTH]) -> Ordering {
    if a[0] != UNKNOWN && b[0] != UNKNOWN {
        return a[0].cmp(&b[0]);
    }
    let name = |place: &[u32; FIELD_LENGTH]| {
        let bytes = text.get(place[1] as usize..place[2] as usize);
        bytes.unwrap_or_default().iter().map(u8::to_ascii_lowercase)
    };
    name(a).cmp(name(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str, start: usize, is_sorted: bool) -> Vec<(u32, &str, &str)> {
        let mut places = [0; 20 * FIELD_LENGTH];
        let count = write_places(text.as_bytes(), start, is_sorted, &mut places);
        let (places, _) = places.as_chunks::<FIELD_LENGTH>();
        let cut = |from: u32, to: u32| &text[from as usize..to as usize];
        places[..count]
            .iter()
            .map(|&[number, name, name_end, value, value_end]| {
                (number, cut(name, name_end), cut(value, value_end))
            })
            .collect()
    }

    #[test]
    fn names_are_sorted_and_found_in_any_case() {
        assert!(NAMES.is_sorted());
        for (position, name) in NAMES.iter().enumerate() {
            let number = position as u32 + 1;
            assert_eq!(number_of(name.as_bytes()), number, "{name}");
            assert_eq!(number_of(name.to_ascii_uppercase().as_bytes()), number, "{name}");
        }
        assert_eq!(number_of(b"x-unknown"), UNKNOWN);
        assert_eq!(number_of(b""), UNKNOWN);
    }

    #[test]
    fn values_lose_the_whitespace_around_them() {
        let text = "http://h/Host:h\r\nX-A: \t b c\t \r\nX-Empty:\r\nX-Blank:  \r\nX-Colon: a:b\r\n";
        let expected = [
            (number_of(b"host"), "Host", "h"),
            (UNKNOWN, "X-A", "b c"),
            (UNKNOWN, "X-Empty", ""),
            (UNKNOWN, "X-Blank", ""),
            (UNKNOWN, "X-Colon", "a:b"),
        ];
        assert_eq!(fields(text, 9, false), expected);
    }

    #[test]
    fn known_and_unknown_names_sort_together() {
        let text = "X-Z: 1\r\nvia: 2\r\nHOST: 3\r\nx-a: 4\r\nVia: 5\r\nb: 6\r\n";
        let values: Vec<&str> = fields(text, 0, true).iter().map(|field| field.2).collect();
        assert_eq!(values, ["6", "3", "2", "5", "4", "1"]);
    }

    #[test]
    fn fields_without_a_place_are_counted() {
        let mut places = [0; FIELD_LENGTH + 1];
        assert_eq!(write_places(b"a: 1\r\nb: 2\r\n", 0, true, &mut places), 2);
        assert_eq!(write_places(b"", 0, true, &mut places), 0);
        assert_eq!(write_places(b"", 7, true, &mut places), 0);
    }
}
