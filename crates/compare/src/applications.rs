//! The applications and their adapters: embedded here, and written to a folder for the runtimes to read.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::CompareError;

/// Every application by name.
const APPLICATIONS: [(&str, &str); 14] = [
    ("hello", include_str!("../applications/hello.mjs")),
    ("json", include_str!("../applications/json.mjs")),
    ("headers", include_str!("../applications/headers.mjs")),
    ("post", include_str!("../applications/post.mjs")),
    ("async", include_str!("../applications/async.mjs")),
    ("pending", include_str!("../applications/pending.mjs")),
    ("timer", include_str!("../applications/timer.mjs")),
    ("large", include_str!("../applications/large.mjs")),
    ("hono", include_str!("../applications/hono.mjs")),
    ("static", include_str!("../applications/static.mjs")),
    ("mixed", include_str!("../applications/mixed.mjs")),
    ("stream", include_str!("../applications/stream.mjs")),
    ("cores", include_str!("../applications/cores.mjs")),
    ("upload", include_str!("../applications/upload.mjs")),
];
/// What each runtime is started with; it imports `./application.mjs`.
const ADAPTERS: [(&str, &str); 5] = [
    ("howth.mjs", include_str!("../applications/adapters/howth.mjs")),
    ("bun.mjs", include_str!("../applications/adapters/bun.mjs")),
    ("deno.mjs", include_str!("../applications/adapters/deno.mjs")),
    (
        "deno-parallel.mjs",
        include_str!("../applications/adapters/deno-parallel.mjs"),
    ),
    ("node.mjs", include_str!("../applications/adapters/node.mjs")),
];
/// Deno looks for packages only where one names them.
const PACKAGE: &str = r#"{ "private": true, "type": "module", "dependencies": { "hono": "*" } }"#;

/// A folder with a folder for each application, gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Applications {
    folder: TempDir,
}

impl Applications {
    /// Writes them all, with the packages of `modules` in reach.
    pub(crate) fn write(modules: &Path) -> Result<Self, CompareError> {
        let folder = TempDir::with_prefix("howth-compare-")
            .map_err(CompareError::system("make a temporary folder"))?;
        let applications = Applications { folder };
        applications
            .fill(modules)
            .map_err(CompareError::system("write the applications"))?;
        Ok(applications)
    }

    /// The folder of one application.
    pub(crate) fn folder(&self, application: &str) -> PathBuf {
        self.folder.path().join(application)
    }

    fn fill(&self, modules: &Path) -> std::io::Result<()> {
        let root = self.folder.path();
        fs::write(root.join("package.json"), PACKAGE)?;
        if modules.exists() {
            std::os::unix::fs::symlink(modules, root.join("node_modules"))?;
        }
        for (name, source) in APPLICATIONS {
            let folder = self.folder(name);
            fs::create_dir(&folder)?;
            fs::write(folder.join("application.mjs"), source)?;
            for (file, adapter) in ADAPTERS {
                fs::write(folder.join(file), adapter)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Sizes;
    use crate::workloads;

    #[test]
    fn every_workload_has_its_application() {
        let applications = Applications::write(Path::new("/nowhere")).expect("a temporary folder");
        for workload in workloads::chosen(&[], &Sizes::default()).expect("all") {
            let folder = applications.folder(workload.application);
            assert!(folder.join("application.mjs").exists(), "{}", workload.name);
            assert!(folder.join("howth.mjs").exists());
        }
    }
}
