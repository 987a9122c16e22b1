//! How much memory the process may use: the machine's, or what its control group allows.

use std::fs;
use std::path::Path;

use deno_runtime::deno_node::ops::process::cgroup::{CgroupVersion, parse_self_cgroup};
use deno_runtime::deno_os::sys_info::mem_info;

/// Assumed where the system does not tell.
const MEMORY_BYTES_DEFAULT: u64 = 1 << 30;

/// Bytes of memory the process may use.
pub fn memory_bytes() -> u64 {
    let machine = mem_info().map(|memory| memory.total);
    let group = fs::read_to_string("/proc/self/cgroup")
        .ok()
        .and_then(|membership| group_limit(Path::new("/sys/fs/cgroup"), &membership));
    machine
        .into_iter()
        .chain(group)
        .min()
        .unwrap_or(MEMORY_BYTES_DEFAULT)
}

/// The least limit of the process's control group and the groups around it. `membership` is the text of
/// `/proc/self/cgroup` (cgroups(7)); `root` is where the hierarchies are mounted.
fn group_limit(root: &Path, membership: &str) -> Option<u64> {
    let (hierarchy, group, file) = match parse_self_cgroup(membership) {
        CgroupVersion::V1 { cgroup_relpath } => {
            (root.join("memory"), cgroup_relpath, "memory.limit_in_bytes")
        }
        CgroupVersion::V2 { cgroup_relpath } => (root.to_owned(), cgroup_relpath, "memory.max"),
        CgroupVersion::None => return None,
    };
    let innermost = hierarchy.join(group.trim_start_matches('/'));
    innermost
        .ancestors()
        .take_while(|folder| folder.starts_with(&hierarchy))
        .filter_map(|folder| fs::read_to_string(folder.join(file)).ok())
        // Version 2 writes "max" for no limit, version 1 a number beyond any memory.
        .filter_map(|limit| limit.trim().parse().ok())
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        root
    }

    #[test]
    fn version_2_takes_the_least_on_the_way_up() {
        let root = written(&[
            ("a/memory.max", "1000\n"),
            ("a/b/memory.max", "max\n"),
            ("memory.max", "5000"),
        ]);
        assert_eq!(group_limit(root.path(), "0::/a/b\n"), Some(1000));
        assert_eq!(group_limit(root.path(), "0::/\n"), Some(5000));
    }

    #[test]
    fn version_1_reads_the_memory_hierarchy() {
        let root = written(&[
            ("memory/docker/x/memory.limit_in_bytes", "4096\n"),
            ("memory.max", "1"),
        ]);
        assert_eq!(group_limit(root.path(), "5:memory:/docker/x\n0::/\n"), Some(4096));
    }

    #[test]
    fn no_limit_is_none() {
        let root = written(&[("memory.max", "max\n")]);
        assert_eq!(group_limit(root.path(), "0::/\n"), None);
        assert_eq!(group_limit(root.path(), ""), None);
        assert_eq!(group_limit(root.path(), "0::/gone\n"), None);
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(memory_bytes() > 0);
    }
}
