//! nginx as a contestant: its configuration, and how it is started.
//!
//! Owns which applications it stands for: those that need no program. Never starts it. Called by: `command_line`, `contestant`,
//! `applications`.

use std::ffi::OsString;
use std::path::Path;

use crate::command_line::Service;

/// Written beside each application. `PORT` is put in when it is started.
pub(crate) const CONFIGURATION: &str = include_str!("../applications/adapters/nginx.conf");
/// Its name there.
pub(crate) const FILE: &str = "nginx.template";

/// nginx knows its port from its configuration alone.
const START: &str = "sed \"s/PORT/$PORT/\" nginx.template > nginx.conf && \
                     exec \"$0\" -p . -c nginx.conf -e stderr -g 'daemon off; master_process off;'";

/// Whether it serves the same as an application.
pub(crate) fn serves(application: &str) -> bool {
    matches!(application, "files" | "static")
}

/// Program and arguments of its process, which is started in the application's folder.
pub(crate) fn line(binary: &Path, _: &Service<'_>) -> Vec<OsString> {
    vec!["sh".into(), "-c".into(), START.into(), binary.into()]
}
