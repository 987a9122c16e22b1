//! One route: a path, and what answers there by method.
//!
//! Owns the rules of methods. Called by: whoever makes routes; the table.

use crate::answer::{Answer, Ready};
use crate::layer::Layers;
use crate::methods::{Methods, UnknownMethod};
use crate::pattern::Pattern;

/// What answers some methods of a route.
#[derive(Clone, Debug)]
pub struct Target {
    /// Those.
    pub methods: Methods,
    /// What they meet before.
    pub layers: Layers,
    /// What answers them.
    pub answer: Answer,
}

/// A path, and what answers there.
#[derive(Debug)]
pub struct Route {
    pub(crate) pattern: Pattern,
    targets: Vec<Target>,
    /// What answers other methods where the application does not (RFC 9110 section 15.5.6).
    pub(crate) not_allowed: Ready,
}

impl Route {
    /// A route whose answers have a method each, or the empty text: whatever method has no other.
    ///
    /// # Errors
    /// Routes do not know the method.
    pub fn new(
        pattern: Pattern,
        answers: impl IntoIterator<Item = (String, Layers, Answer)>,
    ) -> Result<Self, UnknownMethod> {
        let mut targets = Vec::new();
        for (method, layers, answer) in answers {
            let methods = match (method.as_str(), &answer) {
                ("", Answer::Ready(_)) => Methods::GET_AND_HEAD,
                ("", _) => Methods::ALL,
                (method, _) => Methods::named(method)?,
            };
            targets.push(Target {
                methods,
                layers,
                answer,
            });
        }
        Ok(Route::with(pattern, targets))
    }

    /// A route with one answer to every method.
    pub fn of_all(pattern: Pattern, layers: Layers, answer: Answer) -> Self {
        let target = Target {
            methods: Methods::ALL,
            layers,
            answer,
        };
        Route::with(pattern, vec![target])
    }

    fn with(pattern: Pattern, targets: Vec<Target>) -> Self {
        let not_allowed = not_allowed(&targets);
        Route {
            pattern,
            targets,
            not_allowed,
        }
    }

    /// What answers a method: what is said of it, of GET where it is HEAD (RFC 9110 section 9.3.2), else of all.
    #[inline]
    pub(crate) fn target(&self, method: Methods) -> Option<&Target> {
        if let [only] = self.targets.as_slice()
            && only.methods.contain(method)
        {
            return Some(only);
        }
        let named = self
            .targets
            .iter()
            .filter(|target| target.methods != Methods::ALL);
        let own = named.clone().find(|target| target.methods.contain(method));
        own.or_else(|| {
            let is_head = Methods::GET_AND_HEAD.contain(method);
            is_head.then(|| {
                named
                    .clone()
                    .find(|target| Methods::GET_AND_HEAD.contain(target.methods))
            })?
        })
        .or_else(|| self.targets.iter().find(|target| target.methods == Methods::ALL))
    }

    /// The target that a preflight asks about by this method, if something around it answers that; else any around which
    /// something does, so that a client learns what it may not do.
    pub(crate) fn preflighted(&self, method: Methods) -> Option<&Target> {
        let answers = |target: &&Target| target.layers.iter().any(|layer| layer.answers_preflights());
        let asked = self.target(method).filter(answers);
        asked.or_else(|| self.targets.iter().find(answers))
    }

    /// Whether any of its targets is of this kind.
    pub(crate) fn has_target(&self, is_wanted: impl Fn(&Target) -> bool) -> bool {
        self.targets.iter().any(is_wanted)
    }
}

fn not_allowed(targets: &[Target]) -> Ready {
    let mut names: Vec<&str> = Vec::new();
    let is_get = |target: &Target| target.methods.names().any(|name| name == "GET");
    let of_get = targets.iter().any(is_get).then_some("HEAD");
    for name in targets
        .iter()
        .flat_map(|target| target.methods.names())
        .chain(of_get)
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ready::text(
        405,
        "Method Not Allowed",
        &[(b"allow", names.join(", ").as_bytes())],
    )
}
