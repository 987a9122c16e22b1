//! The `package.json` that governs a folder, as far as the command line needs it.
//!
//! Owns where it is looked for and what is read of it. Never decides what is run. Called by: `script`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::failure::Failure;

/// A `package.json` that could be read.
#[derive(Debug)]
pub struct Package {
    /// Where it is.
    pub file: PathBuf,
    content: Value,
}

impl Package {
    /// The nearest one: in `folder`, or in one that it is in.
    ///
    /// # Errors
    /// It is no JSON, or cannot be read.
    pub fn nearest(folder: &Path) -> Result<Option<Package>, Failure> {
        for folder in folder.ancestors() {
            let file = folder.join("package.json");
            let wrong = |cause: String| {
                Failure::runtime(format!("cannot read {} ({cause}); correct it", file.display()))
            };
            let text = match std::fs::read(&file) {
                Ok(text) => text,
                Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
                    continue;
                }
                Err(error) => return Err(wrong(error.kind().to_string())),
            };
            // A mark of the byte order, which editors of other systems write.
            let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
            let content = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
            return Ok(Some(Package { file, content }));
        }
        Ok(None)
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("/"))
    }

    /// The command of a script.
    pub fn script(&self, name: &str) -> Option<&str> {
        self.content.get("scripts")?.get(name)?.as_str()
    }

    /// All scripts, by name and command, as they stand in the file.
    pub fn scripts(&self) -> Vec<(&str, &str)> {
        let scripts = self.content.get("scripts").and_then(Value::as_object);
        let scripts = scripts.into_iter().flatten();
        scripts
            .filter_map(|(name, command)| Some((name.as_str(), command.as_str()?)))
            .collect()
    }

    /// What npm tells scripts of the file: variables and their values.
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![("npm_package_json".to_owned(), self.file.display().to_string())];
        for member in ["name", "version", "config", "engines", "bin"] {
            if let Some(value) = self.content.get(member) {
                flatten(&format!("npm_package_{member}"), value, &mut variables);
            }
        }
        variables
    }
}

/// `{"a": {"b": 1}}` as `name_a_b`. What a shell could not name keeps its place, with underscores.
fn flatten(name: &str, value: &Value, variables: &mut Vec<(String, String)>) {
    let text = match value {
        Value::Object(members) => {
            for (member, value) in members {
                flatten(&format!("{name}_{member}"), value, variables);
            }
            return;
        }
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let name = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    variables.push((name, text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npm_names_its_variables_so() {
        let content = serde_json::json!({
            "name": "@scope/app", "version": "1.2.3", "private": true,
            "config": { "port": 8080, "deep": { "er": "x" } }, "engines": { "node": ">=20" },
        });
        let package = Package {
            file: "/srv/app/package.json".into(),
            content,
        };
        let variables = package.variables();
        for (name, value) in [
            ("npm_package_json", "/srv/app/package.json"),
            ("npm_package_name", "@scope/app"),
            ("npm_package_version", "1.2.3"),
            ("npm_package_config_port", "8080"),
            ("npm_package_config_deep_er", "x"),
            ("npm_package_engines_node", ">=20"),
        ] {
            assert!(
                variables.contains(&(name.to_owned(), value.to_owned())),
                "{variables:?}"
            );
        }
        assert!(!variables.iter().any(|(name, _)| name.contains("private")));
    }

    #[test]
    fn the_nearest_one_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).expect("a folder");
        std::fs::write(
            folder.path().join("package.json"),
            "\u{feff}{\"scripts\": {\"z\": \"1\", \"a\": \"2\"}}",
        )
        .expect("a file");
        let package = Package::nearest(&deep).expect("it can be read").expect("a file");
        assert_eq!(package.scripts(), [("z", "1"), ("a", "2")]);
        std::fs::write(deep.join("package.json"), "{").expect("a file");
        let failure = Package::nearest(&deep).expect_err("no JSON").to_string();
        assert!(failure.contains("a/b/package.json"), "{failure}");
    }
}
