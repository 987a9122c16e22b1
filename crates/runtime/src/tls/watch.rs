//! Looking whether files of certificates and keys have changed.
//!
//! Once a second what is in them is compared with what was read last: that finds a file that was written over, one that was
//! put in its place, and a link that names another, wherever they lie. A change counts once it has stood still for a
//! second, since a certificate and its key are two files. What does not fit together is said once, and what was there
//! before goes on. Owns the thread. Called by: `tls`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{Known, Secured};

const INTERVAL: Duration = Duration::from_secs(1);

/// Begins to look. Ends with what it looks for.
pub(super) fn begin(secured: &Arc<Secured>) {
    let secured = Arc::downgrade(secured);
    let begun = std::thread::Builder::new()
        .name("certificates".to_owned())
        .stack_size(256 << 10)
        .spawn(move || look(&secured));
    if let Err(error) = begun {
        eprintln!("howth: certificates are not watched: {error}; reload to have them read again");
    }
}

fn look(secured: &Weak<Secured>) {
    let mut changes: Vec<Change> = Vec::new();
    loop {
        std::thread::sleep(INTERVAL);
        let Some(secured) = secured.upgrade() else { return };
        secured.look(&mut changes);
    }
}

/// What was found of a listener's files, and not taken.
struct Change {
    of: usize,
    found: Vec<Vec<u8>>,
    /// It was said that it does not fit together.
    is_told: bool,
}

impl Secured {
    fn look(&self, changes: &mut Vec<Change>) {
        for (index, known) in self.known().iter_mut().enumerate() {
            let before = changes.iter().position(|change| change.of == index);
            let found = known.found();
            if found == known.read {
                before.map(|before| changes.swap_remove(before));
                continue;
            }
            match before {
                Some(before) if changes[before].found == found => {
                    if !std::mem::replace(&mut changes[before].is_told, true) && self.take(known, found) {
                        changes.swap_remove(before);
                    }
                }
                Some(before) => {
                    changes[before].found = found;
                    changes[before].is_told = false;
                }
                None => changes.push(Change {
                    of: index,
                    found,
                    is_told: false,
                }),
            }
        }
    }

    /// Has new connections begin with what is in the files now. False: it does not fit together.
    fn take(&self, known: &mut Known, found: Vec<Vec<u8>>) -> bool {
        let replaced = known
            .said
            .read()
            .and_then(|(settings, _)| known.server.replace(&settings, &self.tickets));
        match replaced {
            Ok(()) => {
                eprintln!("howth: certificates reloaded: {}", known.files());
                known.read = found;
                true
            }
            Err(error) => {
                eprintln!("howth: certificates not reloaded, the old ones serve on: {error}");
                false
            }
        }
    }
}

impl Known {
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
