//! Which options howth itself has, as clap knows them.
//!
//! Owns nothing: the options are defined where they are read. Called by: `command_line`.

use std::collections::HashMap;

/// The options of a command.
pub struct OwnOptions {
    /// By name, with dashes: whether the value is the next argument.
    takes_next: HashMap<String, bool>,
}

impl OwnOptions {
    /// Those of `command`.
    pub fn of(definition: &clap::Command, command: &str) -> Self {
        // These clap adds when it reads.
        let help = ["-h", "--help"].map(|name| (name.to_owned(), false));
        let mut takes_next = HashMap::from(help);
        for argument in definition
            .find_subcommand(command)
            .iter()
            .flat_map(|command| command.get_arguments())
        {
            let takes = argument.get_action().takes_values() && !argument.is_require_equals_set();
            let longs = argument.get_long_and_visible_aliases().unwrap_or_default();
            takes_next.extend(longs.iter().map(|long| (format!("--{long}"), takes)));
            let shorts = argument.get_short_and_visible_aliases().unwrap_or_default();
            takes_next.extend(shorts.iter().map(|short| (format!("-{short}"), takes)));
        }
        OwnOptions { takes_next }
    }

    /// Whether the value of the option is the next argument; `None`: there is no such option.
    pub fn takes_next(&self, name: &str) -> Option<bool> {
        self.takes_next.get(name).copied()
    }
}
