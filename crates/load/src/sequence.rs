//! Which request comes next on a thread: the usual one, or the occasional one.
//!
//! Counts what was begun, so that the share of the occasional ones is exact and the same in each run.

use crate::request::Pipeline;

/// What a thread sends.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    usual: Pipeline,
    /// Every how many-th it is, and its bytes.
    occasional: Option<(u64, Pipeline)>,
    begun: u64,
}

impl Sequence {
    pub(crate) fn new(usual: Pipeline, occasional: Option<(u64, Pipeline)>) -> Self {
        Sequence {
            usual,
            occasional,
            begun: 0,
        }
    }

    /// Begins a request; answers whether it is the occasional one.
    #[inline]
    pub(crate) fn begin(&mut self) -> bool {
        self.begun += 1;
        let every = self.occasional.as_ref().map(|(every, _)| *every);
        every.is_some_and(|every| self.begun.is_multiple_of(every))
    }

    /// The bytes of either.
    #[inline]
    pub(crate) fn pipeline(&self, is_occasional: bool) -> &Pipeline {
        match &self.occasional {
            Some((_, pipeline)) if is_occasional => pipeline,
            _ => &self.usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline(request: &[u8]) -> Pipeline {
        Pipeline {
            bytes: request.into(),
            request_bytes: request.len(),
        }
    }

    #[test]
    fn every_third_is_the_other_one() {
        let mut sequence = Sequence::new(pipeline(b"usual"), Some((3, pipeline(b"other"))));
        let begun: Vec<bool> = (0..7).map(|_| sequence.begin()).collect();
        assert_eq!(begun, [false, false, true, false, false, true, false]);
        assert_eq!(&sequence.pipeline(true).bytes[..], b"other");
        assert_eq!(&sequence.pipeline(false).bytes[..], b"usual");
    }

    #[test]
    fn without_another_all_are_usual() {
        let mut sequence = Sequence::new(pipeline(b"usual"), None);
        assert!((0..9).all(|_| !sequence.begin()));
        assert_eq!(&sequence.pipeline(true).bytes[..], b"usual");
    }
}
