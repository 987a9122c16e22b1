//! Folders that are served without JavaScript: `--dir`, `--dir-fallback`.
//!
//! Owns these options, and the program that stands in the place of one that is not given. Never opens a folder: the runtime
//! does.

use std::path::{Path, PathBuf};

use clap::Args;
use howth_http1::serialize_path;
use howth_runtime::modules::{ProgramText, TextKind};
use howth_runtime::{FolderSettings, ServedFolder};

use super::values::parse_path;

/// The name of the program, where folders are all that is served.
pub const NO_PROGRAM: &str = "[dir]";

#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
pub struct FolderArguments {
    /// Serve the files of a folder, before the application or without one (may be repeated)
    ///
    /// `--dir public` serves public/a.css as /a.css, `--dir /assets=public` as /assets/a.css; what is in no folder is the
    /// application's. Without a FILE nothing else is served. A PATH that begins with a slash and has an equals sign is given
    /// as /=PATH.
    #[arg(long, value_name = "[PREFIX=]PATH", value_parser = parse_folder)]
    pub dir: Vec<(String, PathBuf)>,

    /// The file of a folder that is sent for paths which are in none, to who accepts text/html
    ///
    /// By its path in the folder, such as index.html: the page of an application that reads the path in the browser.
    #[arg(long, value_name = "NAME", requires = "dir")]
    pub dir_fallback: Option<String>,
}

impl FolderArguments {
    /// What the runtime serves.
    pub fn served(&self) -> Vec<ServedFolder> {
        let served = self.dir.iter().map(|(prefix, path)| ServedFolder {
            prefix: prefix.clone(),
            // The program may go elsewhere.
            path: std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            settings: FolderSettings {
                fallback: self.dir_fallback.clone(),
                ..FolderSettings::default()
            },
        });
        served.collect()
    }
}

/// Answers what is in no folder, where there is no other program.
pub fn program() -> ProgramText {
    ProgramText {
        name: NO_PROGRAM,
        code: "export default () => new Response('Not Found', { status: 404 });".to_owned(),
        kind: TextKind::Module,
        prints: false,
    }
}

/// A prefix as URLs have it, without a slash behind it, and the folder.
fn parse_folder(text: &str) -> Result<(String, PathBuf), String> {
    let (prefix, path) = match text.split_once('=') {
        Some((prefix, path)) if prefix.starts_with('/') => (prefix, path),
        _ => ("/", text),
    };
    let prefix = parse_path(prefix)
        .ok()
        .filter(|prefix| !prefix.contains(['?', '#']))
        .and_then(|prefix| serialize_path(&prefix))
        .ok_or_else(|| "give a folder, or a path of URLs and a folder, such as /assets=public".to_owned())?;
    if path.is_empty() {
        return Err("give a folder, such as public, or /assets=public".to_owned());
    }
    Ok((
        prefix.trim_end_matches('/').to_owned(),
        Path::new(path).to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_a_prefix_or_none() {
        for (text, prefix, path) in [
            ("public", "", "public"),
            ("./a=b", "", "./a=b"),
            ("/srv/www", "", "/srv/www"),
            ("/=/srv/a=b", "", "/srv/a=b"),
            ("/assets=public", "/assets", "public"),
            ("/assets/=public", "/assets", "public"),
            ("/a/../b=c", "/b", "c"),
        ] {
            assert_eq!(parse_folder(text), Ok((prefix.to_owned(), path.into())), "{text}");
        }
        for wrong in ["", "/a=", "/a?b=c", "/a b=c"] {
            assert!(parse_folder(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
