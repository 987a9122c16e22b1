//! The Huffman code of header compression (RFC 7541 section 5.2 and appendix B).
//!
//! Owns its decoding. The code is canonical: codes of a length follow each other in the order of their symbols, so the
//! lengths are all there is to know. Never encodes: what the server says is short, and sent as it is. Called by: `decoder`.

/// How long the code of each byte is, in bits. The end of a string has the longest one, of ones alone.
static LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7,
    8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7,
    15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24,
    23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23,
    23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26,
    26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20,
    21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27,
    27, 27, 26,
];

/// The longest code, in bits.
const BITS_MAX: usize = 30;

/// Codes of so many bits or fewer, which are those of all common characters, are looked up.
const SHORT_BITS: usize = 8;

/// A byte, and the length of its code; 0: it is a longer one.
#[derive(Clone, Copy)]
struct Short {
    byte: u8,
    bits: u8,
}

/// The codes of one length.
#[derive(Clone, Copy)]
struct Length {
    /// The first of them.
    first: u32,
    /// How many there are.
    count: u32,
    /// Where their bytes begin in `bytes`.
    position: u32,
}

struct Code {
    short: [Short; 1 << SHORT_BITS],
    lengths: [Length; BITS_MAX + 1],
    /// All bytes in the order of their codes.
    bytes: [u8; 256],
}

static CODE: Code = code();

const fn code() -> Code {
    let mut code = Code {
        short: [Short { byte: 0, bits: 0 }; 1 << SHORT_BITS],
        lengths: [Length {
            first: 0,
            count: 0,
            position: 0,
        }; BITS_MAX + 1],
        bytes: [0; 256],
    };
    let (mut bits, mut next, mut position) = (1, 0_u32, 0);
    while bits <= BITS_MAX {
        code.lengths[bits].first = next;
        code.lengths[bits].position = position as u32;
        let mut byte = 0;
        while byte < 256 {
            if LENGTHS[byte] as usize == bits {
                if bits <= SHORT_BITS {
                    let start = (next as usize) << (SHORT_BITS - bits);
                    let mut offset = 0;
                    while offset < 1 << (SHORT_BITS - bits) {
                        code.short[start + offset] = Short {
                            byte: byte as u8,
                            bits: bits as u8,
                        };
                        offset += 1;
                    }
                }
                code.bytes[position] = byte as u8;
                position += 1;
                next += 1;
                code.lengths[bits].count += 1;
            }
            byte += 1;
        }
        next <<= 1;
        bits += 1;
    }
    code
}

/// Appends what `input` stands for. False: it holds the end of a string, or more padding than there may be, or other.
#[must_use]
pub(crate) fn decode(input: &[u8], out: &mut Vec<u8>) -> bool {
    // Bits that were not decoded, the highest first.
    let (mut window, mut bits) = (0_u64, 0);
    let mut rest = input.iter();
    loop {
        while bits <= 56 {
            let Some(&byte) = rest.next() else { break };
            window |= u64::from(byte) << (56 - bits);
            bits += 8;
        }
        if bits < 8 && is_padding(window, bits) {
            return true;
        }
        let Some((byte, length)) = symbol(window) else {
            return false;
        };
        if length > bits {
            return false;
        }
        out.push(byte);
        window <<= length;
        bits -= length;
    }
}

/// RFC 7541 section 5.2: fewer than eight bits, all of them ones.
fn is_padding(window: u64, bits: usize) -> bool {
    bits == 0 || window >> (64 - bits) == (1 << bits) - 1
}

/// The byte whose code the window begins with, and how long that is.
fn symbol(window: u64) -> Option<(u8, usize)> {
    let short = CODE.short[(window >> (64 - SHORT_BITS)) as usize];
    if short.bits > 0 {
        return Some((short.byte, usize::from(short.bits)));
    }
    (SHORT_BITS + 1..=BITS_MAX).find_map(|bits| {
        let length = CODE.lengths[bits];
        let offset = ((window >> (64 - bits)) as u32).checked_sub(length.first)?;
        (offset < length.count).then(|| (CODE.bytes[(length.position + offset) as usize], bits))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(input: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        decode(input, &mut out).then_some(out)
    }

    /// The code of a byte, from the lengths alone.
    fn code_of(byte: u8) -> (u32, usize) {
        let bits = usize::from(LENGTHS[usize::from(byte)]);
        let length = CODE.lengths[bits];
        let bytes = &CODE.bytes[length.position as usize..][..length.count as usize];
        let offset = bytes.iter().position(|&own| own == byte).unwrap();
        (length.first + offset as u32, bits)
    }

    fn encode(bytes: &[u8]) -> Vec<u8> {
        let mut text = String::new();
        for &byte in bytes {
            let (code, bits) = code_of(byte);
            text.push_str(&format!("{code:0bits$b}"));
        }
        while !text.len().is_multiple_of(8) {
            text.push('1');
        }
        let octets = text.as_bytes().chunks(8);
        octets
            .map(|bits| u8::from_str_radix(std::str::from_utf8(bits).unwrap(), 2).unwrap())
            .collect()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 7541 appendix B.
        for (byte, code, bits) in [
            (0, 0x1ff8, 13),
            (b'0', 0, 5),
            (b'z', 0x7b, 7),
            (b'{', 0x7ffe, 15),
            (10, 0x3fff_fffc, 30),
            (22, 0x3fff_fffe, 30),
            (255, 0x3ff_ffee, 26),
            (b'<', 0x7ffc, 15),
        ] {
            assert_eq!(code_of(byte), (code, bits), "{byte}");
        }
    }

    #[test]
    fn the_examples_of_the_standard() {
        // RFC 7541 appendix C.4.1 and C.6.1.
        let encoded = [
            0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff,
        ];
        assert_eq!(decoded(&encoded).unwrap(), b"www.example.com");
        assert_eq!(decoded(&[0x64, 0x02]).unwrap(), b"302");
    }

    #[test]
    fn every_byte_is_decoded() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decoded(&encode(&all)).unwrap(), all);
        for byte in all {
            assert_eq!(decoded(&encode(&[byte])).unwrap(), [byte]);
            assert_eq!(decoded(&encode(&[byte, b'a', byte])).unwrap(), [byte, b'a', byte]);
        }
        assert_eq!(decoded(&[]).unwrap(), b"");
    }

    #[test]
    fn padding_is_short_and_of_ones() {
        // "0" is five zeros.
        assert_eq!(decoded(&[0b0000_0111]).unwrap(), b"0");
        assert_eq!(decoded(&[0b0000_0110]), None);
        assert_eq!(decoded(&[0b0000_0111, 0xff]), None);
        assert_eq!(decoded(&[0xff]), None);
        // The end of a string.
        assert_eq!(decoded(&[0xff, 0xff, 0xff, 0xfc]), None);
        assert_eq!(decoded(&[0xff, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
