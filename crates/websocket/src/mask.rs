//! Masking (RFC 6455 section 5.3).
//!
//! Owns the exclusive or with the mask. Never knows of frames. Called by: `decoder`, `encode`.

/// Masks or unmasks bytes in place; `at`: how many bytes of the payload stand before them.
pub(crate) fn apply(bytes: &mut [u8], mask: [u8; 4], at: u64) {
    let mut turned = mask;
    turned.rotate_left((at % 4) as usize);
    let wide = u64::from_ne_bytes([
        turned[0], turned[1], turned[2], turned[3], turned[0], turned[1], turned[2], turned[3],
    ]);
    let (eights, rest) = bytes.as_chunks_mut::<8>();
    for eight in eights {
        *eight = (u64::from_ne_bytes(*eight) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(turned.into_iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_of_a_payload_is_masked_as_it_would_be_in_the_whole() {
        let mask = [0x12, 0x34, 0x56, 0x78];
        let whole: Vec<u8> = (0..100_u8)
            .map(|byte| byte ^ mask[usize::from(byte) % 4])
            .collect();
        for from in 0..20 {
            for to in from..100 {
                let mut part: Vec<u8> = (from..to).collect();
                apply(&mut part, mask, u64::from(from));
                assert_eq!(part, whole[usize::from(from)..usize::from(to)], "{from} {to}");
            }
        }
    }
}
