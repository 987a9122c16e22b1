//! Where the parameters of a route stand in the path of a request.
//!
//! Owns their places alone. Called by: `pattern`, which finds them; whoever reads them.

use smallvec::SmallVec;

/// A stretch of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it begins, in bytes.
    pub start: u32,
    /// Its bytes.
    pub length: u32,
}

impl Place {
    /// Paths are far below 4 GiB.
    pub(crate) fn new(start: usize, length: usize) -> Self {
        Place {
            start: start as u32,
            length: length as u32,
        }
    }

    /// The bytes of the path that stand there.
    pub fn of(self, path: &[u8]) -> &[u8] {
        let start = self.start as usize;
        path.get(start..start + self.length as usize).unwrap_or_default()
    }
}

/// Where the parameters of a route stand, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    parameters: SmallVec<[Place; 4]>,
    /// What the wildcard stands for; `None`: the route has none.
    pub rest: Option<Place>,
}

impl Places {
    /// Those of the parameters.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Place> {
        self.parameters.iter().copied()
    }

    /// The place of the parameter with this number.
    pub fn get(&self, number: usize) -> Option<Place> {
        self.parameters.get(number).copied()
    }

    pub(crate) fn clear(&mut self) {
        self.parameters.clear();
        self.rest = None;
    }

    pub(crate) fn push(&mut self, place: Place) {
        self.parameters.push(place);
    }
}
