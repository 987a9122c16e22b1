//! Which pattern fits a path.
//!
//! Owns the patterns, by their segments. One without a wildcard wins over one with it, the longer over the shorter, and
//! among equals the one that was given first: this is decided among all that fit, so that no pattern hides another. Never
//! reads paths or parameters. Called by: the table.

use memchr::memchr;
use rustc_hash::FxHashMap;

use crate::pattern::{Pattern, Segment};

/// The patterns. The number of a route is its place in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The first is the root.
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    exact: FxHashMap<Box<[u8]>, u32>,
    parameter: Option<u32>,
    /// The route whose pattern ends here.
    closed: Option<u32>,
    /// The route whose wildcard stands here.
    open: Option<u32>,
}

impl Default for Tree {
    fn default() -> Self {
        Tree {
            nodes: vec![Node::default()],
        }
    }
}

/// The best routes so far.
#[derive(Default)]
struct Best {
    closed: Option<u32>,
    /// How many segments stand before the wildcard, and the route.
    open: Option<(usize, u32)>,
}

impl Tree {
    /// Adds a pattern; one that was added before for the same paths stays.
    pub(crate) fn add(&mut self, pattern: &Pattern, route: u32) {
        let mut node = 0;
        for segment in &pattern.segments {
            let next = self.nodes.len() as u32;
            let own = &mut self.nodes[node as usize];
            node = match segment {
                Segment::Exact(text) => *own.exact.entry(text.clone()).or_insert(next),
                Segment::Parameter(_) => *own.parameter.get_or_insert(next),
            };
            if node == next {
                self.nodes.push(Node::default());
            }
        }
        let node = &mut self.nodes[node as usize];
        let place = if pattern.is_open {
            &mut node.open
        } else {
            &mut node.closed
        };
        place.get_or_insert(route);
    }

    /// The route whose pattern fits the path best. It looks at each node once at most, whatever the path is.
    pub(crate) fn find(&self, path: &[u8]) -> Option<u32> {
        let rest = path.strip_prefix(b"/")?;
        let mut best = Best::default();
        self.walk(0, Some(rest), 0, &mut best);
        best.closed.or(best.open.map(|(_, route)| route))
    }

    /// `rest`: the segments that follow; `None`: none does. The depth is that of the tree at most.
    fn walk(&self, node: u32, rest: Option<&[u8]>, depth: usize, best: &mut Best) {
        let node = &self.nodes[node as usize];
        let Some(rest) = rest else {
            best.closed = first_given(best.closed, node.closed);
            return;
        };
        if let Some(route) = node.open
            && best
                .open
                .is_none_or(|(longest, first)| depth > longest || (depth == longest && route < first))
        {
            best.open = Some((depth, route));
        }
        let length = memchr(b'/', rest).unwrap_or(rest.len());
        let (segment, next) = (&rest[..length], rest.get(length + 1..));
        if let Some(child) = node.exact.get(segment) {
            self.walk(*child, next, depth + 1, best);
        }
        if let Some(child) = node.parameter
            && !segment.is_empty()
        {
            self.walk(child, next, depth + 1, best);
        }
    }
}

fn first_given(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule as it is documented, pattern by pattern.
    fn reference(patterns: &[&str], path: &str) -> Option<usize> {
        let segments: Vec<&str> = path.split('/').collect();
        let mut ranked: Vec<(usize, usize)> = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let mut own: Vec<&str> = pattern.split('/').collect();
            let is_open = own.last() == Some(&"*");
            if is_open {
                own.pop();
            }
            let fits = match is_open {
                true => segments.len() > own.len(),
                false => segments.len() == own.len(),
            };
            let fits = fits
                && own
                    .iter()
                    .zip(&segments)
                    .all(|(own, segment)| match own.starts_with(':') {
                        true => !segment.is_empty(),
                        false => own == segment,
                    });
            if fits {
                ranked.push((own.len() + if is_open { 0 } else { 1 << 20 }, number));
            }
        }
        let best = ranked.iter().map(|(rank, _)| *rank).max()?;
        ranked
            .iter()
            .find(|(rank, _)| *rank == best)
            .map(|(_, number)| *number)
    }

    fn tree(patterns: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for (number, pattern) in patterns.iter().enumerate() {
            tree.add(&Pattern::read(pattern).expect("a pattern"), number as u32);
        }
        tree
    }

    #[test]
    fn the_order_that_is_documented() {
        let patterns = [
            "/:a/x",
            "/users/:id",
            "/*",
            "/users/*",
            "/users/:id/*",
            "/files/:name",
        ];
        let tree = tree(&patterns);
        for (path, expected) in [
            ("/users/x", Some("/:a/x")),
            ("/users/7", Some("/users/:id")),
            ("/users/", Some("/users/*")),
            ("/users", Some("/*")),
            ("/users/7/8", Some("/users/:id/*")),
            ("/users//8", Some("/users/*")),
            ("/", Some("/*")),
            ("/files/a", Some("/files/:name")),
            ("/files/", Some("/*")),
            ("*", None),
            ("", None),
        ] {
            let found = tree.find(path.as_bytes()).map(|route| patterns[route as usize]);
            assert_eq!(found, expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_the_rule_says(
            patterns in prop::collection::vec("(/(a|b||:x|:y)){1,4}(/\\*)?", 1..12),
            paths in prop::collection::vec("(/(a|b|c|)){1,5}", 1..12),
        ) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let tree = tree(&patterns);
            for path in &paths {
                let found = tree.find(path.as_bytes()).map(|route| route as usize);
                prop_assert_eq!(found, reference(&patterns, path), "{:?} {}", &patterns, path);
            }
        }
    }
}
