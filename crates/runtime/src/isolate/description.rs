//! What a program is told of how it was started, where that differs from what Deno's code says.
//!
//! Owns the text that js/node/process.js reads. Called by: `program`, once for each start of one.

use std::path::Path;

use serde_json::json;

use crate::modules::{Modules, normal};
use crate::options::Options;

/// The text, or nothing, where there is nothing to say: then `process` is made when it is first used, as ever.
pub(crate) fn description(options: &Options, modules: &Modules, working_directory: &Path) -> Option<String> {
    let start = &options.start;
    let script = match &start.text {
        // As Node: `node -` has a dash among its arguments, `node -e` has nothing.
        Some(_) => (options.entry.as_os_str() == "-").then(|| "-".to_owned()),
        None => {
            // As Node has it: the path that was given, made absolute, and not what it is a link to.
            let script = normal(&working_directory.join(&options.entry));
            let is_the_file = modules.entry().to_file_path().is_ok_and(|file| file == script);
            (!is_the_file).then(|| script.to_string_lossy().into_owned())
        }
    };
    let has_nothing_to_say = script.is_none()
        && start.text.is_none()
        && start.exec_arguments.is_empty()
        && start.misplaced.is_none();
    (!has_nothing_to_say).then(|| {
        json!({
            "execArgv": start.exec_arguments,
            "script": script,
            "code": start.text.as_ref().map(|text| &text.code),
            "watchesArguments": start.misplaced.is_some(),
        })
        .to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_absolute_without_looking_at_links() {
        for (given, expected) in [
            ("app.js", "/home/me/app.js"),
            ("./bin/../app.js", "/home/me/app.js"),
            ("../app/", "/home/app"),
            ("/srv/app", "/srv/app"),
        ] {
            assert_eq!(normal(&Path::new("/home/me").join(given)), Path::new(expected));
        }
    }
}
