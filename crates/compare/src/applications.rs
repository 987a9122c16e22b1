//! The applications and their adapters: embedded here, and written to a folder for the runtimes to read.
//!
//! Owns which there are, and what each needs. Never starts one; `server` does.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::CompareError;
use crate::{nginx, npm};

/// Handlers of requests by name, which an adapter serves.
const HANDLERS: [(&str, &str); 20] = [
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
    ("files", include_str!("../applications/files.mjs")),
    ("mixed", include_str!("../applications/mixed.mjs")),
    ("stream", include_str!("../applications/stream.mjs")),
    ("cores", include_str!("../applications/cores.mjs")),
    ("upload", include_str!("../applications/upload.mjs")),
    ("tls", include_str!("../applications/tls.mjs")),
    ("tls-large", include_str!("../applications/tls-large.mjs")),
    ("http2", include_str!("../applications/http2.mjs")),
    ("websocket", include_str!("../applications/websocket.mjs")),
    (
        "websocket-topic",
        include_str!("../applications/websocket-topic.mjs"),
    ),
];
/// Programs by name that listen by themselves, on PORT of 127.0.0.1: what people have, and every runtime runs as it is.
const PROGRAMS: [(&str, &str); 5] = [
    ("node-http", include_str!("../applications/node-http.mjs")),
    ("fastify", include_str!("../applications/fastify.mjs")),
    ("express", include_str!("../applications/express.mjs")),
    ("koa", include_str!("../applications/koa.mjs")),
    ("nest", include_str!("../applications/nest.mjs")),
];
/// Files that are served, and their bytes.
pub(crate) const FILES: [(&str, u64); 3] = [("1k", 1 << 10), ("100k", 100 << 10), ("100m", 100 << 20)];
/// Those of both that import packages from npm.
const WITH_PACKAGES: [&str; 5] = ["hono", "fastify", "express", "koa", "nest"];
/// Those that import one on Node alone.
const WITH_PACKAGES_ON_NODE: [&str; 2] = ["websocket", "websocket-topic"];
/// What each runtime is started with for a handler; it imports `./application.mjs`.
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
/// Beside the applications' folders, for those that speak TLS: what nobody has issued but this comparison.
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// An application's file in its folder.
pub(crate) const FILE: &str = "application.mjs";

/// Whether an application listens by itself.
pub(crate) fn is_program(application: &str) -> bool {
    PROGRAMS.iter().any(|(name, _)| *name == application)
}

/// Whether an application imports packages from npm.
pub(crate) fn imports_packages(application: &str) -> bool {
    WITH_PACKAGES.contains(&application)
}

/// Whether packages from npm are of use to an application on any runtime.
pub(crate) fn uses_packages(application: &str) -> bool {
    imports_packages(application) || WITH_PACKAGES_ON_NODE.contains(&application)
}

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
        applications.certify()?;
        applications
            .fill(modules)
            .map_err(CompareError::system("write the applications"))?;
        Ok(applications)
    }

    /// The folder of one application.
    pub(crate) fn folder(&self, application: &str) -> PathBuf {
        self.folder.path().join(application)
    }

    fn certify(&self) -> Result<(), CompareError> {
        let identity =
            howth_tls::self_signed(&[]).map_err(|error| CompareError::Certificate(error.to_string()))?;
        let root = self.folder.path();
        fs::write(root.join(CERTIFICATE), identity.certificates.text)
            .and_then(|()| fs::write(root.join(KEY), identity.key.text))
            .map_err(CompareError::system("write a certificate"))
    }

    fn fill(&self, modules: &Path) -> std::io::Result<()> {
        let root = self.folder.path();
        // Deno looks for packages only where one names them.
        fs::write(root.join("package.json"), npm::MANIFEST)?;
        if modules.exists() {
            std::os::unix::fs::symlink(modules, root.join("node_modules"))?;
        }
        for (name, source) in HANDLERS.iter().chain(&PROGRAMS) {
            fs::create_dir(self.folder(name))?;
            fs::write(self.folder(name).join(FILE), source)?;
        }
        for (name, _) in HANDLERS {
            for (file, adapter) in ADAPTERS {
                fs::write(self.folder(name).join(file), adapter)?;
            }
        }
        for name in ["files", "static"] {
            fs::write(self.folder(name).join(nginx::FILE), nginx::CONFIGURATION)?;
        }
        self.fill_files()
    }

    /// What `files` serves.
    fn fill_files(&self) -> std::io::Result<()> {
        let folder = self.folder("files").join("public");
        fs::create_dir(&folder)?;
        for (name, bytes) in FILES {
            // Nobody reads what is in them, and holes take no room.
            fs::File::create(folder.join(name))?.set_len(bytes)?;
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
    fn every_workload_has_its_application_and_handlers_have_adapters() {
        let applications = Applications::write(Path::new("/nowhere")).expect("a temporary folder");
        for workload in workloads::chosen(&[], &Sizes::default()).expect("all") {
            let folder = applications.folder(workload.application);
            assert!(folder.join(FILE).exists(), "{}", workload.name);
            let has_adapter = folder.join("howth.mjs").exists();
            assert_eq!(
                has_adapter,
                !is_program(workload.application),
                "{}",
                workload.name
            );
        }
    }

    #[test]
    fn what_speaks_tls_finds_a_certificate_and_its_key() {
        let applications = Applications::write(Path::new("/nowhere")).expect("a temporary folder");
        let read = |file| fs::read_to_string(applications.folder("tls").join("..").join(file));
        assert!(read(CERTIFICATE).is_ok_and(|text| text.contains("BEGIN CERTIFICATE")));
        assert!(read(KEY).is_ok_and(|text| text.contains("PRIVATE KEY")));
    }

    #[test]
    fn what_applications_import_is_installed() {
        let manifest: serde_json::Value = serde_json::from_str(npm::MANIFEST).expect("JSON");
        for (name, source) in HANDLERS.iter().chain(&PROGRAMS) {
            let packages: Vec<&str> = source.lines().filter_map(imported_package).collect();
            assert_eq!(imports_packages(name), !packages.is_empty(), "{name}");
            for package in packages {
                let version = &manifest["dependencies"][package];
                assert!(version.is_string(), "{name} imports {package}");
            }
        }
    }

    /// What a line imports, if it is a package from npm.
    fn imported_package(line: &str) -> Option<&str> {
        let specifier = line.strip_prefix("import ")?.split('"').nth(1)?;
        Some(specifier).filter(|specifier| !specifier.starts_with("node:"))
    }
}
