//! What of a program would not work, found without running it: `howth check`.
//!
//! Owns the walk over the modules that a program loads, as they are resolved when it runs, and what is said of each problem.
//! What runs later, or perhaps never, is judged in the program's own files alone: packages ask for much that they can do
//! without. Never runs code. Called by: `howth_runtime::check`.

mod add_on;
mod exports;
mod reader;
mod remedy;
mod syntax;
mod target;
mod uses;
mod visit;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;

use deno_ast::MediaType;
use deno_core::ModuleSpecifier;

use super::Modules;
use super::discovery::Shared;
use add_on::AddOns;
use exports::Exports;
use syntax::{Import, Source, Way};
use target::Target;

/// Something that would not work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// From 1 on.
    pub line: usize,
    /// From 1 on.
    pub column: usize,
    /// What it is.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// What a check has come to.
#[derive(Debug, Default)]
pub struct Checked {
    /// Sorted by place.
    pub problems: Vec<Problem>,
    /// How many files of the program's own were looked at.
    pub own_files: usize,
    /// How many files of packages.
    pub package_files: usize,
}

/// How the program is to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// By `howth serve`: it has to serve.
    Serve,
    /// By `howth run`: it may be anything.
    Run,
}

impl Modules {
    /// Looks at all that the program loads, and runs none of it.
    pub fn check(&self, purpose: Purpose) -> Checked {
        let mut walk = Walk {
            shared: &self.shared,
            purpose,
            sources: HashMap::new(),
            waiting: VecDeque::new(),
            add_ons: AddOns::default(),
            problems: BTreeSet::new(),
        };
        walk.load(self.entry());
        while let Some(specifier) = walk.waiting.pop_front() {
            walk.follow(&specifier);
        }
        walk.finish(self.entry())
    }
}

struct Walk<'a> {
    shared: &'a Shared,
    purpose: Purpose,
    /// What was loaded; `None`: nothing that could be parsed.
    sources: HashMap<ModuleSpecifier, Option<Source>>,
    waiting: VecDeque<ModuleSpecifier>,
    add_ons: AddOns,
    problems: BTreeSet<Problem>,
}

impl Walk<'_> {
    /// Reads a file, once.
    fn load(&mut self, specifier: &ModuleSpecifier) {
        if self.sources.contains_key(specifier) {
            return;
        }
        let source = match Source::read(self.shared, specifier) {
            Ok(source) => {
                self.waiting.push_back(specifier.clone());
                Some(source)
            }
            Err(problem) => {
                self.problems.extend(problem);
                None
            }
        };
        self.sources.insert(specifier.clone(), source);
    }

    /// Looks at what a file says, and loads what it imports.
    fn follow(&mut self, specifier: &ModuleSpecifier) {
        let Some(source) = self.sources.get(specifier).and_then(Option::as_ref) else {
            return;
        };
        let is_own = self.shared.is_own(specifier);
        let mut problems = Vec::new();
        let mut loaded = Vec::new();
        for import in source.imports.iter().filter(|import| is_own || import.is_certain) {
            match target::find(self.shared, specifier, import) {
                Target::File(file) => loaded.push((import.reads_as(), file)),
                Target::BuiltIn(_) | Target::Other => {}
                // Who catches what goes wrong can do without.
                Target::Missing { .. } if import.is_tried => {}
                Target::Missing { what, remedy } => problems.push(source.problem(import.at, what, remedy)),
            }
        }
        if is_own {
            problems.extend(uses::problems(source));
        } else {
            problems.extend(self.add_ons.of_package(specifier));
        }
        self.problems.extend(problems);
        for (media_type, file) in loaded {
            match media_type.unwrap_or_else(|| MediaType::from_specifier(&file)) {
                // Text and bytes are taken as they are.
                MediaType::Unknown | MediaType::Wasm if media_type.is_some() => {}
                MediaType::Wasm => {}
                _ if file.path().ends_with(".node") => self.problems.extend(add_on::problem(&file)),
                _ => self.load(&file),
            }
        }
    }

    fn finish(mut self, entry: &ModuleSpecifier) -> Checked {
        let named = self.misnamed();
        self.problems.extend(named);
        let own = |specifier: &&ModuleSpecifier| self.shared.is_own(specifier);
        let own_files = self.sources.keys().filter(own).count();
        if self.purpose == Purpose::Serve && self.problems.is_empty() {
            let unserved = self.unserved(entry);
            self.problems.extend(unserved);
        }
        Checked {
            own_files,
            package_files: self.sources.len() - own_files,
            problems: self.problems.into_iter().collect(),
        }
    }

    /// Names that are imported from ES modules, or built-in ones, that do not export them.
    fn misnamed(&self) -> Vec<Problem> {
        let mut exports = Exports::new(self.shared, &self.sources);
        let mut problems = Vec::new();
        for (specifier, source) in &self.sources {
            let Some(source) = source.as_ref() else { continue };
            let is_static = |import: &&Import| import.way == Way::Import && import.is_certain;
            for import in source.imports.iter().filter(is_static) {
                let target = target::find(self.shared, specifier, import);
                let Some(names) = exports.of_target(&target) else {
                    continue;
                };
                for (name, at) in import.names.iter().filter(|(name, _)| !names.contains(name)) {
                    let what = format!("\"{}\" has no export \"{name}\"", import.specifier);
                    let remedy = match target {
                        Target::BuiltIn(_) => remedy::for_built_in(name, &names),
                        _ => remedy::for_name(&names),
                    };
                    problems.push(source.problem(*at, what, remedy));
                }
            }
        }
        problems
    }

    /// A program that would be started in vain.
    fn unserved(&self, entry: &ModuleSpecifier) -> Option<Problem> {
        let source = self.sources.get(entry)?.as_ref()?;
        // What a package starts, nobody sees from here.
        if !self.shared.is_own(entry) || source.exports_handler {
            return None;
        }
        // A package may listen for the program: Apollo's server does.
        let mut sources = self.sources.values().flatten();
        let serves = sources.any(|source| source.serves);
        (!serves).then(|| {
            source.problem(
                0,
                "the program neither exports a handler nor listens".to_owned(),
                "write `export default { fetch(request) { … } }` or call Howth.serve; check a script with --run".to_owned(),
            )
        })
    }
}
