//! What Deno and browsers have and howth has not, for those who look before a program runs.
//!
//! The list is that of `left_out.js`. Called by: `howth check`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::listed::{lines, unquoted};

const SOURCE: &str = include_str!("left_out.js");

/// Every name of a program is looked for in it.
static ADVICE: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = lines(SOURCE, "const ADVICE = {", "};");
    let entries = lines.filter_map(|line| line.split_once(": "));
    entries
        .map(|(name, advice)| (unquoted(name), unquoted(advice)))
        .collect()
});

/// What to do instead of using a global, or a member of one, as a sentence; `None`: howth has it, or nobody has.
pub fn left_out(name: &str) -> Option<&'static str> {
    ADVICE.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_as_it_is_written() {
        assert_eq!(left_out("Temporal"), Some("use the package temporal-polyfill"));
        assert_eq!(left_out("Deno.dlopen"), Some("use a native add-on by Node-API"));
        assert_eq!(
            left_out("navigator.gpu"),
            Some("leave it out: there is no WebGPU")
        );
        for present in ["Deno.serve", "Deno", "fetch", ""] {
            assert_eq!(left_out(present), None, "{present}");
        }
    }
}
