//! Native add-ons: whether a file is one that can be loaded here.
//!
//! Owns what is read of it: the head of the file, and the names in it. Never loads one. Called by: the walk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use deno_core::ModuleSpecifier;
use memchr::memmem;

use super::Problem;

/// `e_machine` of the ELF format, of the processor that howth is built for; 0: another, of which nothing is said.
const MACHINE: u16 = if cfg!(target_arch = "x86_64") {
    62
} else if cfg!(target_arch = "aarch64") {
    183
} else {
    0
};

/// The packages that were looked at.
#[derive(Default)]
pub(super) struct AddOns(HashSet<PathBuf>);

impl AddOns {
    /// What is wrong with the add-on that was built for the package which a file is of.
    pub(super) fn of_package(&mut self, file: &ModuleSpecifier) -> Vec<Problem> {
        let Some(folder) = file.to_file_path().ok().and_then(|path| package_folder(&path)) else {
            return Vec::new();
        };
        let built = folder.join("build/Release");
        if !self.0.insert(folder) {
            return Vec::new();
        }
        let entries = built.read_dir().into_iter().flatten().flatten();
        let add_ons = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "node"));
        add_ons.filter_map(|path| of_file(&path)).collect()
    }
}

/// What is wrong with a file that is required.
pub(super) fn problem(file: &ModuleSpecifier) -> Option<Problem> {
    of_file(&file.to_file_path().ok()?)
}

fn of_file(path: &Path) -> Option<Problem> {
    let bytes = std::fs::read(path).ok()?;
    let (what, remedy) = fault(&bytes)?;
    Some(Problem {
        file: path.to_owned(),
        line: 1,
        column: 1,
        what: what.to_owned(),
        remedy: remedy.to_owned(),
    })
}

fn fault(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const REBUILD: &str = "run: npm rebuild";
    if !bytes.starts_with(b"\x7fELF") {
        return Some(("the native add-on is not for Linux", REBUILD));
    }
    let machine = bytes
        .get(18..20)
        .map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    if MACHINE != 0 && machine != MACHINE {
        return Some(("the native add-on is for another processor", REBUILD));
    }
    let has = |name: &[u8]| memmem::find(bytes, name).is_some();
    // Node-API's functions, which an add-on calls or defines; and those by which others register themselves.
    let is_node_api =
        has(b"napi_register_module_v") || has(b"napi_module_register") || has(b"napi_create_function");
    let is_of_node = has(b"node_module_register") || has(b"node_register_module_v");
    (is_of_node && !is_node_api).then_some((
        "the native add-on is made for Node itself, not for Node-API",
        "install a version of the package that uses Node-API",
    ))
}

/// The folder of the package that a file is of.
fn package_folder(file: &Path) -> Option<PathBuf> {
    let mut folders = file.ancestors();
    folders
        .find(|folder| {
            let above = folder.parent();
            let is_scope = |above: &Path| {
                above
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with('@'))
            };
            let above = above.filter(|above| !is_scope(above)).or_else(|| above?.parent());
            above.is_some_and(|above| above.ends_with("node_modules"))
        })
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(machine: u16, names: &str) -> Vec<u8> {
        let mut bytes = b"\x7fELF".to_vec();
        bytes.resize(18, 0);
        bytes.extend(machine.to_le_bytes());
        bytes.extend(names.as_bytes());
        bytes
    }

    #[test]
    fn add_ons_are_judged_by_what_they_name() {
        assert_eq!(fault(&elf(MACHINE, "\0napi_register_module_v1\0")), None);
        assert_eq!(fault(&elf(MACHINE, "")), None);
        for (bytes, part) in [
            (b"MZ".to_vec(), "Linux"),
            (elf(8, "napi_register_module_v1"), "processor"),
            (elf(MACHINE, "node_module_register"), "Node-API"),
        ] {
            assert!(
                fault(&bytes).is_some_and(|(what, _)| what.contains(part)),
                "{part}"
            );
        }
    }

    #[test]
    fn a_file_belongs_to_the_innermost_package() {
        for (file, folder) in [
            ("/app/node_modules/a/lib/x.js", Some("/app/node_modules/a")),
            ("/app/node_modules/@s/a/x.js", Some("/app/node_modules/@s/a")),
            (
                "/app/node_modules/a/node_modules/b/x.js",
                Some("/app/node_modules/a/node_modules/b"),
            ),
            ("/app/x.js", None),
        ] {
            assert_eq!(
                package_folder(Path::new(file)),
                folder.map(PathBuf::from),
                "{file}"
            );
        }
    }
}
