//! Files on a disk, and what is read of them.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }
    folder
}

fn of(folder: &TempDir, file: &str) -> Arc<TsConfig> {
    let found = TsConfigs::default().for_file(&folder.path().join(file));
    found.expect("readable").expect("a tsconfig.json")
}

#[test]
fn options_of_all_that_is_extended_lie_over_each_other() {
    let folder = folder(&[
        (
            "tsconfig.json",
            r#"{ // comments, and a comma too many
                "extends": ["./base", "@scope/strict/node.json", "plain"], "compilerOptions": { "jsx": "react-jsx", }, }"#,
        ),
        (
            "base.json",
            r#"{ "extends": "./deep/er.json", "compilerOptions": { "target": "ES2021", "jsx": "react" } }"#,
        ),
        (
            "deep/er.json",
            r#"{ "compilerOptions": { "target": "ES5", "lib": [] } }"#,
        ),
        (
            "node_modules/@scope/strict/node.json",
            r#"{ "compilerOptions": { "strict": true, "target": "ES2022" } }"#,
        ),
        (
            "node_modules/plain/package.json",
            r#"{ "exports": { ".": { "default": "./x/plain.json" } } }"#,
        ),
        (
            "node_modules/plain/x/plain.json",
            r#"{ "compilerOptions": { "strict": false } }"#,
        ),
        ("src/app.ts", ""),
    ]);
    let expected = json!({ "jsx": "react-jsx", "target": "ES2022", "lib": [], "strict": false });
    assert_eq!(Value::Object(of(&folder, "src/app.ts").options.clone()), expected);
}

#[test]
fn paths_are_relative_to_the_file_that_they_stand_in() {
    let folder = folder(&[
        ("app/tsconfig.json", r#"{ "extends": "../base.json" }"#),
        (
            "base.json",
            r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"], "~/*": ["${configDir}/lib/*"] } } }"#,
        ),
    ]);
    let config = of(&folder, "app/x.ts");
    assert_eq!(config.mapped("@/a"), [folder.path().join("src/a")]);
    assert_eq!(config.mapped("~/a"), [folder.path().join("app/lib/a")]);
    assert_eq!(config.under_base("a"), None);
}

#[test]
fn the_exact_path_wins_and_then_the_longest() {
    let folder = folder(&[(
        "tsconfig.json",
        r#"{ "compilerOptions": { "baseUrl": "./src", "paths": {
            "*": ["any/*"], "lib/*": ["a/*", "b/*"], "lib/deep/*": ["c/*"], "lib/one": ["d"], "*.css": ["css/*"]
        } } }"#,
    )]);
    let config = of(&folder, "x.ts");
    let src = folder.path().join("src");
    for (specifier, targets) in [
        ("lib/x", &["a/x", "b/x"][..]),
        ("lib/deep/x", &["c/x"]),
        ("lib/one", &["d"]),
        ("other", &["any/other"]),
    ] {
        let targets: Vec<PathBuf> = targets.iter().map(|target| src.join(target)).collect();
        assert_eq!(config.mapped(specifier), targets, "{specifier}");
    }
    assert_eq!(config.under_base("x/y"), Some(src.join("x/y")));
}

#[test]
fn the_nearest_file_holds_or_the_one_that_it_refers_to() {
    let folder = folder(&[
        (
            "tsconfig.json",
            r#"{ "files": [], "references": [{ "path": "./tsconfig.node.json" }, { "path": "./web" }, { "path": "none" }] }"#,
        ),
        (
            "tsconfig.node.json",
            r#"{ "include": ["server.ts", "src/**/*.node.ts"], "compilerOptions": { "target": "node" } }"#,
        ),
        (
            "web/tsconfig.json",
            r#"{ "compilerOptions": { "target": "web" } }"#,
        ),
        (
            "web/inner/tsconfig.json",
            r#"{ "compilerOptions": { "target": "inner" } }"#,
        ),
    ]);
    let target = |file: &str| of(&folder, file).options.get("target").cloned();
    assert_eq!(target("server.ts"), Some("node".into()));
    assert_eq!(target("src/a/b.node.ts"), Some("node".into()));
    assert_eq!(target("web/x.ts"), Some("web".into()));
    assert_eq!(target("web/inner/x.ts"), Some("inner".into()));
    assert_eq!(target("other.ts"), None);
}

#[test]
fn what_is_wrong_is_said_with_the_file() {
    for (content, part) in [
        ("{ \"compilerOptions\": { } ", "tsconfig.json ("),
        ("[]", "it is no object"),
        (
            r#"{ "extends": "./missing" }"#,
            "extends './missing', which is not there",
        ),
        (r#"{ "extends": "nowhere/base" }"#, "extends 'nowhere/base'"),
        (r#"{ "extends": "./tsconfig.json" }"#, "extends itself"),
        (
            r#"{ "compilerOptions": { "paths": { "a": "b" } } }"#,
            "array of strings",
        ),
    ] {
        let folder = folder(&[("tsconfig.json", content)]);
        let error = TsConfigs::default()
            .for_file(&folder.path().join("x.ts"))
            .unwrap_err();
        assert!(error.to_string().contains(part), "{content}: {error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
