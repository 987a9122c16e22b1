//! Uses of what is not there: globals, members of `Bun` and of Deno.
//!
//! Owns the verdict. Called by: the walk, for a program's own files.

use howth_javascript::{bun_lacks, left_out};

use super::Problem;
use super::syntax::Source;

/// What a file uses in vain.
pub(super) fn problems(source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    for used in &source.uses {
        let (name, remedy) = match left_out(&used.name) {
            Some(remedy) => (used.name.clone(), remedy.to_owned()),
            None => match of_bun(&used.name) {
                Some(found) => found,
                None => continue,
            },
        };
        problems.push(source.problem(used.at, format!("{name} is not there under howth"), remedy));
    }
    problems
}

/// `Bun.sql`, or `bun:sql` for what is imported from "bun".
fn of_bun(name: &str) -> Option<(String, String)> {
    let member = name.strip_prefix("Bun.").or_else(|| name.strip_prefix("bun:"))?;
    let instead = bun_lacks(member)?;
    let remedy = match instead {
        "" => "leave it out".to_owned(),
        instead => format!("use {instead}"),
    };
    Some((format!("Bun.{member}"), remedy))
}
