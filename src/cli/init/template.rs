//! What an application may begin as.
//!
//! Owns which files each template has; they lie in `templates`. Called by: `init`.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// An object with `routes` and `fetch`; no package is needed to run it
    Fetch,
    /// Hono
    Hono,
    /// Express, over node:http
    Express,
}

/// `Howth`, for editors and for `tsc`.
const TYPES: &str = include_str!("../../../js/types/howth.d.ts");

const GITIGNORE: &str = include_str!("templates/gitignore");
const TSCONFIG: &str = include_str!("templates/tsconfig.json");

/// The tests, which are the same for all, behind how a template's application is asked.
macro_rules! tests {
    ($template:literal) => {
        concat!(
            include_str!(concat!("templates/", $template, "/src/ask.ts")),
            include_str!("templates/tests.ts")
        )
    };
}

const FETCH: [(&str, &str); 3] = [
    ("package.json", include_str!("templates/fetch/package.json")),
    ("src/app.ts", include_str!("templates/fetch/src/app.ts")),
    ("src/app.test.ts", tests!("fetch")),
];

const HONO: [(&str, &str); 4] = [
    ("package.json", include_str!("templates/hono/package.json")),
    ("src/app.ts", include_str!("templates/hono/src/app.ts")),
    ("src/visits.ts", include_str!("templates/hono/src/visits.ts")),
    ("src/app.test.ts", tests!("hono")),
];

const EXPRESS: [(&str, &str); 4] = [
    ("package.json", include_str!("templates/express/package.json")),
    ("src/app.ts", include_str!("templates/express/src/app.ts")),
    ("src/server.ts", include_str!("templates/express/src/server.ts")),
    ("src/app.test.ts", tests!("express")),
];

impl Template {
    /// Paths and contents; `name` is the package's.
    pub(super) fn files(self, name: &str) -> Vec<(&'static str, String)> {
        let own = match self {
            Template::Fetch => &FETCH[..],
            Template::Hono => &HONO,
            Template::Express => &EXPRESS,
        };
        let own = own
            .iter()
            .map(|(path, content)| (*path, content.replace("{name}", name)));
        let all = [
            ("tsconfig.json", TSCONFIG),
            ("howth.d.ts", TYPES),
            (".gitignore", GITIGNORE),
        ];
        own.chain(all.map(|(path, content)| (path, content.to_owned())))
            .collect()
    }

    pub(super) fn why_to_install(self) -> &'static str {
        match self {
            Template::Fetch => "for editors and `npx tsc`; howth needs none of it",
            Template::Hono | Template::Express => "",
        }
    }
}
