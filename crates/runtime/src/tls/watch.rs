//! Looking whether files of certificates and keys have changed.
//!
//! Once a second what is in them is compared with what was read last: that finds a file that was written over, one that was
//! put in its place, and a link that names another, wherever they lie. A change counts once it has stood still for a
//! second, since a certificate and its key are two files. What is wrong with one is said once, and what was there before goes
//! on; it is tried again now and then, since a certificate may only be too early. Owns the thread, and what is known of a
//! change. Called by: `tls`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use howth_supervision::tell;
use howth_tls::{Tickets, TlsError};

use super::{Known, Secured};

const INTERVAL: Duration = Duration::from_secs(1);

/// What was refused is tried again after one look, two, four, and so on, up to so many.
const LOOKS_BETWEEN_MAX: u32 = 64;

/// Begins to look. Ends with what it looks for.
pub(super) fn begin(secured: &Arc<Secured>) {
    let secured = Arc::downgrade(secured);
    let begun = std::thread::Builder::new()
        .name("certificates".to_owned())
        .stack_size(256 << 10)
        .spawn(move || look(&secured));
    if let Err(error) = begun {
        tell(format_args!(
            "howth: certificates are not watched: {error}; reload to have them read again"
        ));
    }
}

fn look(secured: &Weak<Secured>) {
    loop {
        std::thread::sleep(INTERVAL);
        let Some(secured) = secured.upgrade() else { return };
        secured.look();
    }
}

/// What was found in the files of a listener, and is not what it serves.
pub(super) struct Change {
    found: Vec<Vec<u8>>,
    /// So many looks, until it is tried; and from one try to the next.
    looks_left: u32,
    looks_between: u32,
    /// What was said the last time that it was tried in vain.
    told: Option<TlsError>,
}

impl Change {
    fn new(found: Vec<Vec<u8>>) -> Self {
        Change {
            found,
            looks_left: 1,
            looks_between: 1,
            told: None,
        }
    }

    /// Whether it is to be tried, which becomes rarer each time.
    fn is_due(&mut self) -> bool {
        self.looks_left -= 1;
        let is_due = self.looks_left == 0;
        if is_due {
            self.looks_left = self.looks_between;
            self.looks_between = (2 * self.looks_between).min(LOOKS_BETWEEN_MAX);
        }
        is_due
    }

    /// Whether nobody was told of the same.
    fn is_news(&mut self, error: TlsError) -> bool {
        let is_news = self.told.as_ref() != Some(&error);
        self.told = Some(error);
        is_news
    }
}

impl Secured {
    fn look(&self) {
        for known in self.known().iter_mut() {
            known.look(&self.tickets);
        }
    }
}

impl Known {
    fn look(&mut self, tickets: &Tickets) {
        let found = self.found();
        if found == self.read {
            self.change = None;
            return;
        }
        match &mut self.change {
            Some(change) if change.found == found => {
                if change.is_due() {
                    self.take(tickets);
                }
            }
            change => *change = Some(Change::new(found)),
        }
    }

    /// Takes a change at once.
    pub(super) fn catch_up(&mut self, tickets: &Tickets) {
        let found = self.found();
        if found != self.read {
            if self.change.as_ref().is_none_or(|change| change.found != found) {
                self.change = Some(Change::new(found));
            }
            self.take(tickets);
        }
    }

    /// Has new connections begin with what is in the files now, if it is good.
    fn take(&mut self, tickets: &Tickets) {
        let replaced = self.said.read().and_then(|(settings, read)| {
            self.server.replace(&settings, tickets)?;
            Ok(read)
        });
        match replaced {
            Ok(read) => {
                self.read = read;
                self.change = None;
                tell(format_args!("howth: certificates reloaded: {}", self.files()));
            }
            Err(error) => {
                let said = error.to_string();
                if self.change.as_mut().is_some_and(|change| change.is_news(error)) {
                    tell(format_args!(
                        "howth: certificates not reloaded, the old ones serve on: {said}"
                    ));
                }
            }
        }
    }

    /// What is in the texts and files now; of a file that cannot be read, nothing.
    fn found(&self) -> Vec<Vec<u8>> {
        let materials = self.said.materials();
        materials
            .map(|material| material.bytes("tls").unwrap_or_default())
            .collect()
    }

    fn files(&self) -> String {
        let files = self.said.materials().filter_map(|material| material.file());
        let names: Vec<String> = files.map(|path| path.display().to_string()).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use howth_tls::{Identity, self_signed};

    use super::super::Said;
    use super::*;
    use crate::options::{TlsIdentity, TlsOptions};

    /// A folder for one test, which goes with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("howth-tls-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a folder");
            Folder(path)
        }

        fn write(&self, certificate: &Identity, key: &Identity) {
            std::fs::write(self.0.join("cert.pem"), &certificate.certificates.text).expect("a file");
            std::fs::write(self.0.join("key.pem"), &key.key.text).expect("a file");
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// What is known of those files, with nobody who looks but the test.
    fn known(folder: &Path, tickets: &Tickets) -> Known {
        let identity = TlsIdentity::Files {
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        let options = TlsOptions {
            identity,
            passphrase: None,
            ca: None,
        };
        let said = Said::by_options(&options).expect("files");
        let (settings, read) = said.read().expect("good files");
        Known {
            said,
            read,
            server: howth_tls::Server::new(&settings, tickets).expect("good files"),
            change: None,
        }
    }

    fn made() -> Identity {
        self_signed(&[]).expect("a certificate")
    }

    #[test]
    fn a_change_is_taken_once_it_stands_still() {
        let (folder, tickets) = (Folder::new("still"), Tickets::default());
        let (before, after) = (made(), made());
        folder.write(&before, &before);
        let mut known = known(&folder.0, &tickets);
        known.look(&tickets);
        assert!(known.change.is_none());
        folder.write(&after, &before);
        known.look(&tickets);
        folder.write(&after, &after);
        known.look(&tickets);
        assert!(known.change.as_ref().is_some_and(|change| change.told.is_none()));
        known.look(&tickets);
        assert!(known.change.is_none());
        assert_eq!(known.read, known.found());
    }

    #[test]
    fn new_code_does_not_wait_for_it() {
        let (folder, tickets) = (Folder::new("new-code"), Tickets::default());
        let (before, after) = (made(), made());
        folder.write(&before, &before);
        let mut known = known(&folder.0, &tickets);
        folder.write(&after, &after);
        known.catch_up(&tickets);
        assert!(known.change.is_none());
        assert_eq!(known.read, known.found());
    }

    #[test]
    fn what_is_refused_is_tried_again_and_told_once() {
        let (folder, tickets) = (Folder::new("refused"), Tickets::default());
        let (before, after) = (made(), made());
        folder.write(&before, &before);
        let mut known = known(&folder.0, &tickets);
        folder.write(&after, &before);
        known.look(&tickets);
        known.look(&tickets);
        let told = known.change.as_ref().and_then(|change| change.told.clone());
        let told = told.expect("it does not fit");
        let mut tries = Vec::new();
        for look in 0..200 {
            let change = known.change.as_mut().expect("it does not fit");
            if change.looks_left == 1 {
                tries.push(look);
            }
            known.look(&tickets);
        }
        assert_eq!(tries, [0, 2, 6, 14, 30, 62, 126, 190]);
        let change = known.change.as_mut().expect("it does not fit");
        assert!(!change.is_news(told));
        // What was there before comes back, and the files are as they were.
        folder.write(&before, &before);
        known.look(&tickets);
        assert!(known.change.is_none());
    }
}
