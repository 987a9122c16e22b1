//! What `Bun` has and howth has not, for those who look before a program runs.
//!
//! The list is that of `missing.js`, which tells programs. Called by: `howth check`.

use crate::listed::{lines, unquoted};

const SOURCE: &str = include_str!("missing.js");

/// What there is instead of a member of `Bun`, as the end of a sentence that begins with "use", or an empty text where there
/// is nothing; `None`: howth has the member, or `Bun` itself has none of that name.
pub fn bun_lacks(member: &str) -> Option<&'static str> {
    let others = lines(SOURCE, "const OTHERS = [", "];").map(|line| (line, ""));
    let advice = lines(SOURCE, "const ADVICE = {", "};").filter_map(|line| line.split_once(": "));
    let mut all = advice
        .chain(others)
        .map(|(name, advice)| (unquoted(name), unquoted(advice)));
    all.find(|(name, _)| *name == member).map(|(_, advice)| advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BUN_MEMBERS;

    #[test]
    fn the_list_is_read_as_it_is_written() {
        assert_eq!(
            bun_lacks("sql"),
            Some("a package such as postgres, or node:sqlite")
        );
        assert_eq!(
            bun_lacks("$"),
            Some("Bun.spawn, node:child_process, or the package zx")
        );
        assert_eq!(bun_lacks("secrets"), Some(""));
        for present in ["serve", "file", "nothing", ""] {
            assert_eq!(bun_lacks(present), None, "{present}");
        }
        let lacking = BUN_MEMBERS
            .iter()
            .filter(|name| bun_lacks(name).is_some())
            .count();
        let listed =
            lines(SOURCE, "const ADVICE = {", "};").count() + lines(SOURCE, "const OTHERS = [", "];").count();
        assert_eq!(lacking, listed);
    }
}
