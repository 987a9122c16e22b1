//! What Node's command line knows, as Deno's library has it, and V8's flags.
//!
//! Owns nothing. Called by: the binary, to tell Node's options from mistakes before an application's entry file.

use std::cell::OnceCell;

use deno_core::v8::V8;
use deno_runtime::deno_node::ops::node_cli_parser::{OptionsParser, parse_node_options_env_var};

/// What an option is to Node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Node's; it takes no value, or has it behind an equals sign.
    Whole,
    /// Node's; its value is the next argument.
    TakesNext,
    /// A flag that V8 has.
    V8,
    /// Nobody's.
    Unknown,
}

/// Tells options apart. The list of all of Node's is made when it is first asked for: most starts name none.
#[derive(Default)]
pub struct NodeOptions(OnceCell<OptionsParser>);

impl NodeOptions {
    /// What `option`, with its dashes and a value if it has one, is. V8 takes a flag of its own at once: call this
    /// before [`run`](crate::run) and [`serve`](crate::serve) alone.
    pub fn kind(&self, option: &str) -> Kind {
        // A value that every kind of option takes.
        const VALUE: &str = "0";
        let given = vec![option.to_owned(), VALUE.to_owned()];
        match self.0.get_or_init(OptionsParser::new).parse(given) {
            Ok(parsed) if !parsed.v8_args.is_empty() => match is_v8_flag(option) {
                true => Kind::V8,
                false => Kind::Unknown,
            },
            Ok(parsed) if parsed.remaining_args.is_empty() => Kind::TakesNext,
            Ok(_) => Kind::Whole,
            // It does not like the value.
            Err(_) if option.contains('=') => Kind::Whole,
            Err(_) => Kind::TakesNext,
        }
    }
}

fn is_v8_flag(option: &str) -> bool {
    // The first is the name of the program.
    let unknown = V8::set_flags_from_command_line(vec!["howth".to_owned(), option.to_owned()]);
    unknown.len() == 1
}

/// The arguments in the variable NODE_OPTIONS.
///
/// # Errors
/// What is wrong with it.
pub fn split_variable(text: &str) -> Result<Vec<String>, String> {
    parse_node_options_env_var(text).map_err(|errors| errors.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_options_are_known() {
        let options = NodeOptions::default();
        for (option, kind) in [
            ("--no-warnings", Kind::Whole),
            ("--trace-warnings", Kind::Whole),
            ("--enable-source-maps", Kind::Whole),
            ("--title=name", Kind::Whole),
            ("--title", Kind::TakesNext),
            ("-r", Kind::TakesNext),
            ("--require", Kind::TakesNext),
            ("--import=./a.js", Kind::Whole),
            ("--input-type", Kind::TakesNext),
            ("--dns-result-order=ipv4first", Kind::Whole),
        ] {
            assert_eq!(options.kind(option), kind, "{option}");
        }
    }

    #[test]
    fn the_variable_is_split_as_a_shell_would() {
        assert_eq!(
            split_variable("--require \"./a b.js\"  --no-warnings"),
            Ok(["--require", "./a b.js", "--no-warnings"]
                .map(str::to_owned)
                .to_vec())
        );
        assert!(split_variable("--title \"open").is_err());
    }
}
