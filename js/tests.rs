//! The lists say what the files do.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

macro_rules! listed {
    ([$($at_once:ident,)*] [$($later:ident,)*]) => {
        [$(stringify!($at_once),)* $(stringify!($later),)*]
    };
}

fn source(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a file that is listed")
}

/// The words of a text that begin so.
fn words<'a>(text: &'a str, start: &str) -> BTreeSet<&'a str> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let words = text.split(|character| !is_part(character));
    words
        .filter(|word| word.starts_with(start) && *word != start)
        .collect()
}

/// What a file imports of howth's own.
fn imports(text: &str) -> Vec<&str> {
    let parts = text.split("\"ext:howth/").skip(1);
    parts.filter_map(|part| part.split('"').next()).collect()
}

#[test]
fn each_file_stands_behind_those_it_imports() {
    let generated: Vec<&str> = FOLDERS.iter().map(|folder| folder.path).collect();
    for (place, file) in FILES.iter().enumerate() {
        for import in imports(&source(file)) {
            let is_before = generated.contains(&import) || FILES[..place].contains(&import);
            assert!(
                is_before,
                "{file} imports {import}, which is not evaluated before it"
            );
        }
    }
    assert_eq!(imports(&entry()).len(), FOLDERS.len() + FILES.len());
}

#[test]
fn folders_import_each_other_in_no_circle() {
    let mut folders: Vec<&str> = FILES.iter().filter_map(|file| file.split('/').next()).collect();
    folders.dedup();
    let number = folders.len();
    folders.sort_unstable();
    folders.dedup();
    assert_eq!(folders.len(), number, "the files of a folder stand together");
}

#[test]
fn every_file_is_listed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for folder in [
        "boot",
        "bun",
        "deno",
        "http",
        "node",
        "node_http",
        "node_test",
        "server",
        "shared",
        "sockets",
        "web",
    ] {
        for entry in fs::read_dir(here.join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let name = name.to_str().expect("a name in ASCII");
            if name.ends_with(".js") {
                found.insert(format!("{folder}/{name}"));
            }
        }
    }
    assert_eq!(found, FILES.iter().map(|file| (*file).to_owned()).collect());
}

#[test]
fn an_op_is_called_in_the_folder_that_names_it() {
    let all = crate::ops!(listed);
    let folders = [
        ("server/", words_of("server/bridge.rs")),
        ("shared/", words_of("shared/bridge.rs")),
        ("node/", words_of("node/bridge.rs")),
        ("sockets/", words_of("sockets/bridge.rs")),
        ("node_http/", words_of("node_http/bridge.rs")),
        ("deno/", words_of("deno/bridge.rs")),
        ("http/", words_of("http/bridge.rs")),
        ("node_test/", BTreeSet::new()),
        ("bun/", words_of("bun/bridge.rs")),
        ("web/", BTreeSet::new()),
    ];
    for (folder, named) in &folders {
        let files = FILES.iter().filter(|file| file.starts_with(folder));
        let texts: String = files.map(|file| source(file)).collect();
        let called: BTreeSet<String> = words(&texts, "op_howth_")
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(&called, named, "called and named in {folder}");
    }
    let named: BTreeSet<&str> = folders
        .iter()
        .flat_map(|(_, named)| named)
        .map(String::as_str)
        .collect();
    assert_eq!(named, BTreeSet::from(all));
    assert_eq!(named.len(), all.len(), "each stands in one folder");
}

fn words_of(file: &str) -> BTreeSet<String> {
    let text = source(file);
    // What is said about them stands in comments.
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code.map(|line| format!("{line}\n")).collect();
    words(&code, "op_howth_").into_iter().map(str::to_owned).collect()
}

#[test]
fn numbers_are_handed_over_as_objects() {
    let numbers = FOLDERS[1].numbers();
    assert_eq!(
        numbers,
        "export const Version = Object.freeze({ ANY: -1, NONE: 0, });\n"
    );
    let server = FOLDERS[0].numbers();
    assert!(server.contains("export const EventKind = Object.freeze({ REQUEST: 0, BODY_READABLE: 1,"));
    assert!(server.ends_with("export const METHODS = Object.freeze([null,\"GET\",\"HEAD\",\"POST\",\"PUT\",\"DELETE\",\"OPTIONS\",\"PATCH\",]);\n"));
}
