//! gRPC, with the client that applications on Node use.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::support::{Engine, Launch, npm};

/// The client with its packages, installed once, outside of the checkout.
static CLIENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grpc");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (file, content) in [
        ("package.json", include_str!("../grpc/package.json")),
        ("package-lock.json", include_str!("../grpc/package-lock.json")),
        ("client.mjs", include_str!("../grpc/client.mjs")),
    ] {
        std::fs::write(folder.join(file), content).expect("a file");
    }
    npm(&folder, &["ci"]);
    folder
});

pub fn is_served(engine: Engine) {
    let server = Launch::serve(engine, include_str!("../grpc/server.mjs")).start();
    let output = Command::new("node")
        .arg("client.mjs")
        .arg(server.address().to_string())
        .current_dir(&*CLIENT)
        .output()
        .expect("Node");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(said.trim(), "all calls are as they should be");
}
