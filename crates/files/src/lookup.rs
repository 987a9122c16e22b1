//! Files by their names below a folder.
//!
//! Owns the system calls that no name can lead out of the folder, whatever symbolic links there are. Never looks at a path of
//! a request: `names` has judged it. Called by: `store`.
//!
//! Linux says so itself (openat2(2) with RESOLVE_BENEATH, since 5.6): links that stay within the folder are followed. Elsewhere
//! each segment is opened below the one before, and no link is followed at all.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, Stat, fcntl_setfl, fstat, openat};
use rustix::io::Errno;

/// What a name leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file.
    File(File, Stat),
    /// A folder.
    Folder,
    /// Nothing that is served.
    Nothing,
}

// Without O_NONBLOCK the open of a FIFO waits for whoever writes to it.
const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);

/// Opens what a name leads to; an empty one leads to the folder.
///
/// # Errors
/// What is no fault of the name: the process has no descriptor left, or the disk fails.
pub(crate) fn find(folder: impl AsFd, name: &[u8]) -> Result<Found, Errno> {
    if name.is_empty() {
        return Ok(Found::Folder);
    }
    let opened = match open(folder.as_fd(), name) {
        Ok(opened) => opened,
        Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::IO)) => return Err(error),
        // There is none, it leads out of the folder, it may not be read, it is a socket.
        Err(_) => return Ok(Found::Nothing),
    };
    let stat = fstat(&opened)?;
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            // From now on whoever reads it by the ring waits for the disk.
            fcntl_setfl(&opened, OFlags::empty())?;
            Found::File(opened.into(), stat)
        }
        FileType::Directory => Found::Folder,
        _ => Found::Nothing,
    })
}

/// Opens a file, wherever it is, and says how long it is; `None`: it is no regular file.
///
/// # Errors
/// What open(2) says.
pub fn open_file(path: &Path) -> io::Result<Option<(File, u64)>> {
    let opened = rustix::fs::open(path, FLAGS, Mode::empty())?;
    let stat = fstat(&opened)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    fcntl_setfl(&opened, OFlags::empty())?;
    Ok(Some((opened.into(), stat.st_size as u64)))
}

#[cfg(target_os = "linux")]
fn open(folder: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};

    /// A folder that is moved meanwhile makes the kernel ask for another attempt.
    const ATTEMPTS: usize = 4;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..ATTEMPTS {
        match openat2(folder.as_fd(), name, FLAGS, Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            // The kernel is too old, or a filter of system calls does not know it.
            Err(Errno::NOSYS | Errno::PERM) => return open_by_segments(folder, name),
            result => return result,
        }
    }
    Err(Errno::AGAIN)
}

#[cfg(not(target_os = "linux"))]
fn open(folder: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    open_by_segments(folder, name)
}

fn open_by_segments(folder: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let mut at: Option<OwnedFd> = None;
    let mut segments = name.split(|&byte| byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        if matches!(segment, b"" | b"." | b"..") {
            return Err(Errno::NOENT);
        }
        let folder_flags = match segments.peek() {
            Some(_) => OFlags::DIRECTORY,
            None => OFlags::empty(),
        };
        let flags = FLAGS | OFlags::NOFOLLOW | folder_flags;
        let below = match &at {
            Some(at) => at.as_fd(),
            None => folder.as_fd(),
        };
        at = Some(openat(below, segment, flags, Mode::empty())?);
    }
    at.ok_or(Errno::NOENT)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        let outside = tempfile::tempdir().expect("a folder");
        std::fs::write(outside.path().join("secret"), "secret").expect("room for it");
        let root = tempfile::tempdir().expect("a folder");
        let at = |name: &str| root.path().join(name);
        std::fs::create_dir(at("a")).expect("a folder");
        std::fs::write(at("a/file"), "public").expect("room for it");
        symlink(outside.path().join("secret"), at("absolute")).expect("a link");
        symlink(outside.path(), at("folder")).expect("a link");
        symlink("../../../../../../etc/passwd", at("a/relative")).expect("a link");
        symlink("a/file", at("within")).expect("a link");
        symlink("loop", at("loop")).expect("a link");
        let folder = File::open(root.path()).expect("a folder");
        let is_file = |opened: Result<OwnedFd, Errno>| opened.is_ok();
        for name in [
            "absolute",
            "folder/secret",
            "a/relative",
            "../x",
            "a/../../x",
            "loop",
            "none",
            "a/file/x",
        ] {
            assert!(!is_file(open(&folder, name.as_bytes())), "{name}");
            assert!(!is_file(open_by_segments(&folder, name.as_bytes())), "{name}");
        }
        assert!(is_file(open_by_segments(&folder, b"a/file")));
        assert!(!is_file(open_by_segments(&folder, b"within")));
        assert!(matches!(find(&folder, b"a/file"), Ok(Found::File(..))));
        #[cfg(target_os = "linux")]
        assert!(matches!(find(&folder, b"within"), Ok(Found::File(..))));
        assert!(matches!(find(&folder, b"a"), Ok(Found::Folder)));
        assert!(matches!(find(&folder, b""), Ok(Found::Folder)));
        assert!(matches!(find(&folder, b"folder"), Ok(Found::Nothing)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_no_file_is_not_found_and_not_waited_for() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("pipe");
        let folder = File::open(root.path()).expect("a folder");
        rustix::fs::mknodat(&folder, "pipe", FileType::Fifo, Mode::RUSR, 0).expect("a FIFO");
        let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).expect("a socket");
        assert!(path.exists());
        assert!(matches!(find(&folder, b"pipe"), Ok(Found::Nothing)));
        assert!(matches!(find(&folder, b"socket"), Ok(Found::Nothing)));
    }
}
