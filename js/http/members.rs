//! The names of what `howth:http` exports.
//!
//! The list is that of `members.js`. Called by: the module loader, which writes the module.

const SOURCE: &str = include_str!("members.js");

/// In the order of the file.
pub fn http_members() -> impl Iterator<Item = &'static str> {
    let lines = SOURCE.lines().filter_map(|line| line.strip_prefix("export { "));
    let lists = lines.filter_map(|line| Some(line.split_once(" }")?.0));
    lists.flat_map(|list| list.split(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_as_it_is_written() {
        let names: Vec<_> = http_members().collect();
        for name in ["dir", "file", "EventChannel", "EventStream", "eventStream"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        let files = SOURCE.lines().filter(|line| line.starts_with("export"));
        assert!(
            files.clone().all(|line| line.ends_with(".js\";")),
            "one line for each file"
        );
    }
}
