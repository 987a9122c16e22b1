//! The two engines, and the macro that runs a test on both.

use std::sync::LazyLock;

use super::Launch;

/// What serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// `--uring=require`
    IoUring,
    /// `--uring=off`
    Portable,
}

impl Engine {
    /// The option that chooses it.
    pub fn option(self) -> &'static str {
        match self {
            Engine::IoUring => "--uring=require",
            Engine::Portable => "--uring=off",
        }
    }

    /// io_uring, if this build and this machine have it. Where it must be there (`CI=true`) a machine that
    /// refuses it fails the test; elsewhere the reason is printed and the test ends.
    pub fn io_uring() -> Option<Engine> {
        match &*REFUSAL {
            None => Some(Engine::IoUring),
            Some(reason) => {
                let required = std::env::var("CI").is_ok_and(|value| value == "true");
                assert!(
                    !required || !cfg!(feature = "uring"),
                    "io_uring is refused here: {reason}"
                );
                eprintln!("skipped on io_uring: {reason}");
                None
            }
        }
    }
}

/// Why nothing is served by io_uring here.
static REFUSAL: LazyLock<Option<String>> = LazyLock::new(|| {
    if !cfg!(feature = "uring") {
        return Some("built without the feature uring".to_owned());
    }
    let finished = Launch::run(
        Engine::IoUring,
        "const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response()); server.stop();",
    )
    .finish();
    (finished.code != Some(0)).then(|| finished.stderr.trim().to_owned())
});

/// Makes of each `fn name(engine: Engine)` the tests `name::io_uring` and `name::portable`.
macro_rules! on_both_engines {
    [$($name:ident),* $(,)?] => {$(
        mod $name {
            #[test]
            fn io_uring() {
                if let Some(engine) = $crate::support::Engine::io_uring() {
                    super::$name(engine);
                }
            }

            #[test]
            fn portable() {
                super::$name($crate::support::Engine::Portable);
            }
        }
    )*};
}
