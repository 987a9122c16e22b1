//! Every change of `mutations.txt` breaks the engine, and the simulation finds it: else the simulation is what is broken.
//!
//! By hand, since each is a build of its own, in a copy of the crates:
//! `cargo test --release -p howth-simulation --test mutations -- --ignored --nocapture`. `HOWTH_MUTATION=text` tries those
//! alone whose description has the text, or one of several that `|` parts.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How long the simulation looks, in seconds.
const SECONDS: &str = "40";

struct Mutation {
    breaks: String,
    file: String,
    text: String,
    replacement: String,
}

#[test]
#[ignore = "thirty builds: by hand, and when the engine changes"]
fn mutations_are_found() {
    let wanted = std::env::var("HOWTH_MUTATION").unwrap_or_default();
    let copy = Copy::new();
    let mut missed = Vec::new();
    assert!(copy.passes("3"), "the simulation fails without a mutation");
    let mutations = mutations();
    for mutation in mutations
        .iter()
        .filter(|mutation| wanted.split('|').any(|text| mutation.breaks.contains(text)))
    {
        let is_found = copy.with(mutation, || !copy.passes(SECONDS));
        println!(
            "{} {}",
            if is_found { "found " } else { "MISSED" },
            mutation.breaks
        );
        if !is_found {
            missed.push(mutation.breaks.as_str());
        }
    }
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

/// Each of them names a text that is in its file once.
#[test]
fn mutations_fit_the_engine() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crates");
    let mutations = mutations();
    assert!(mutations.len() >= 20);
    for mutation in mutations {
        let text = fs::read_to_string(crates.join(&mutation.file)).expect("a file of the engine");
        let found = text.matches(&mutation.text).count();
        let breaks = &mutation.breaks;
        assert_eq!(
            found, 1,
            "{breaks:?}: its text is {found} times in {}; name it anew",
            mutation.file
        );
    }
}

fn mutations() -> Vec<Mutation> {
    let list = include_str!("../mutations.txt");
    let parts = list.split("\n== ").skip(1).map(|part| {
        let (breaks, rest) = part.split_once('\n').expect("what it breaks");
        let (file, rest) = rest.split_once("\n--- ").expect("a file");
        let (text, replacement) = rest.split_once("\n+++ ").expect("two texts");
        Mutation {
            breaks: breaks.to_owned(),
            file: file.to_owned(),
            text: text.trim_end().to_owned(),
            replacement: replacement.trim_end().to_owned(),
        }
    });
    parts.collect()
}

/// The crates that the simulation needs, in a workspace of their own.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Copy {
        let copy = Copy(Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutated"));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let (mut names, mut open) = (BTreeSet::new(), vec!["simulation".to_owned()]);
        while let Some(name) = open.pop() {
            let manifest =
                fs::read_to_string(root.join("crates").join(&name).join("Cargo.toml")).expect("a crate");
            let ours = manifest
                .lines()
                .filter_map(|line| line.strip_prefix("howth-")?.split_once(".workspace"));
            open.extend(
                ours.map(|(name, _)| name.to_owned())
                    .filter(|name| !names.contains(name)),
            );
            names.insert(name);
        }
        let _ = fs::remove_dir_all(copy.0.join("crates"));
        for name in &names {
            copy_folder(&root.join("crates").join(name), &copy.0.join("crates").join(name));
        }
        let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
        let sections = manifest
            .split("\n[")
            .filter(|section| section.starts_with("workspace."));
        let sections: String = sections.map(|section| format!("[{section}\n")).collect();
        let manifest = format!("[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n{sections}");
        fs::write(copy.0.join("Cargo.toml"), manifest).expect("a place for the copy");
        fs::copy(root.join("Cargo.lock"), copy.0.join("Cargo.lock")).expect("a lock file");
        copy
    }

    /// Whether the simulation finds nothing in so many seconds.
    fn passes(&self, seconds: &str) -> bool {
        let cargo = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO"));
            command
                .current_dir(&self.0)
                .env("CARGO_TARGET_DIR", self.0.join("target"));
            command.env("HOWTH_SIMULATION_SECONDS", seconds).args([
                "test",
                "--release",
                "--offline",
                "--quiet",
            ]);
            command
                .args(["-p", "howth-simulation", "--test", "seeds"])
                .args(arguments);
            command.output().expect("cargo")
        };
        let built = cargo(&["--no-run"]);
        assert!(
            built.status.success(),
            "it does not compile: {}",
            String::from_utf8_lossy(&built.stderr)
        );
        cargo(&[]).status.success()
    }

    fn with(&self, mutation: &Mutation, look: impl FnOnce() -> bool) -> bool {
        let file = self.0.join("crates").join(&mutation.file);
        let text = fs::read_to_string(&file).expect("a file of the engine");
        assert_eq!(
            text.matches(&mutation.text).count(),
            1,
            "{:?} fits no more",
            mutation.breaks
        );
        fs::write(&file, text.replacen(&mutation.text, &mutation.replacement, 1)).expect("the copy");
        let found = look();
        fs::write(&file, text).expect("the copy");
        found
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a place for the copy");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
