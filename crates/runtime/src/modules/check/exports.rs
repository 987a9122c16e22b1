//! Which names the ES modules of a program export, and Node's built-in modules.
//!
//! Of any other CommonJS nothing is known before it runs. Called by: the walk, when all is loaded.

use std::collections::{BTreeSet, HashMap};

use deno_core::ModuleSpecifier;
use howth_javascript::node_exports;

use super::super::discovery::Shared;
use super::syntax::{Import, Source, Way};
use super::target::{self, Target};

/// Finds and remembers them.
pub(super) struct Exports<'a> {
    shared: &'a Shared,
    sources: &'a HashMap<ModuleSpecifier, Option<Source>>,
    /// `None`: nobody knows. One that is being found counts as known to export nothing, so that circles end.
    found: HashMap<ModuleSpecifier, Option<BTreeSet<String>>>,
}

impl<'a> Exports<'a> {
    pub(super) fn new(shared: &'a Shared, sources: &'a HashMap<ModuleSpecifier, Option<Source>>) -> Self {
        Exports {
            shared,
            sources,
            found: HashMap::new(),
        }
    }

    /// All names that can be imported from there; `None`: they are not known.
    pub(super) fn of_target(&mut self, target: &Target) -> Option<BTreeSet<String>> {
        match target {
            Target::File(file) => self.of(file),
            Target::BuiltIn(module) => {
                let names = node_exports(module)?;
                Some(names.iter().map(|name| (*name).to_owned()).collect())
            }
            Target::Other | Target::Missing { .. } => None,
        }
    }

    fn of(&mut self, specifier: &ModuleSpecifier) -> Option<BTreeSet<String>> {
        if let Some(found) = self.found.get(specifier) {
            return found.clone();
        }
        self.found.insert(specifier.clone(), Some(BTreeSet::new()));
        let names = self.find(specifier);
        self.found.insert(specifier.clone(), names.clone());
        names
    }

    fn find(&mut self, specifier: &ModuleSpecifier) -> Option<BTreeSet<String>> {
        let source = self
            .sources
            .get(specifier)?
            .as_ref()
            .filter(|source| source.is_module)?;
        let mut names: BTreeSet<String> = source.exports.exports.iter().cloned().collect();
        for star in &source.exports.reexports {
            let is_star = |import: &&Import| import.specifier == *star && import.way == Way::Import;
            let import = source.imports.iter().find(is_star)?;
            let others = self.of_target(&target::find(self.shared, specifier, import))?;
            names.extend(others.into_iter().filter(|name| name != "default"));
        }
        Some(names)
    }
}
