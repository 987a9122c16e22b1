//! Which names the built-in modules of Node export here, for those who look before a program runs.
//!
//! The list is `exports.txt`, a module a line; `behaviour::check` compares it with what the modules have. Called by:
//! `howth check`.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

static EXPORTS: LazyLock<HashMap<&str, BTreeSet<&str>>> = LazyLock::new(|| {
    let lines = include_str!("exports.txt").lines();
    let modules = lines.filter_map(|line| line.split_once(": "));
    modules
        .map(|(module, names)| (module, names.split(' ').collect()))
        .collect()
});

/// The names that a module exports, by its name without `node:`; `None`: they are not known.
pub fn node_exports(module: &str) -> Option<&'static BTreeSet<&'static str>> {
    EXPORTS.get(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_what_programs_ask_for() {
        for (module, name) in [
            ("fs", "readFile"),
            ("fs/promises", "readFile"),
            ("path", "default"),
        ] {
            assert!(
                node_exports(module).is_some_and(|names| names.contains(name)),
                "{module} {name}"
            );
        }
        assert_eq!(node_exports("nothing"), None);
    }
}
