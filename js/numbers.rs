//! Numbers that both sides know: constants in Rust, objects in JavaScript.

use std::fmt::Write as _;

/// Numbers, or texts that stand for their places, that belong together.
#[derive(Clone, Copy, Debug)]
pub enum Table {
    /// An object of this name with these members.
    Numbers(&'static str, &'static [(&'static str, f64)]),
    /// An array of this name; an empty text is `null`.
    Texts(&'static str, &'static [&'static str]),
}

impl Table {
    pub(crate) fn javascript(&self) -> String {
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = match self {
            Table::Numbers(name, numbers) => {
                let members: String = numbers
                    .iter()
                    .map(|(name, number)| format!(" {name}: {number},"))
                    .collect();
                writeln!(text, "export const {name} = Object.freeze({{{members} }});")
            }
            Table::Texts(name, texts) => {
                let elements: String = texts
                    .iter()
                    .map(|text| match *text {
                        "" => "null,".to_owned(),
                        text => format!("{text:?},"),
                    })
                    .collect();
                writeln!(text, "export const {name} = Object.freeze([{elements}]);")
            }
        };
        text
    }
}

/// Makes a module of constants for each table, and the list of all.
macro_rules! numbers {
    ($(
        $(#[$documentation:meta])+
        $module:ident: $type:ty as $name:ident {
            $($(#[$number_documentation:meta])+ $number:ident = $value:expr,)+
        }
    )+ $(; $(#[$texts_documentation:meta])+ $texts:ident: [$($text:literal),+ $(,)?])?) => {
        $(
            $(#[$documentation])+
            pub mod $module {
                $($(#[$number_documentation])+ pub const $number: $type = $value;)+
            }
        )+
        $(
            $(#[$texts_documentation])+
            pub const $texts: [&str; [$($text),+].len()] = [$($text),+];
        )?

        /// All of it.
        pub(crate) const TABLES: &[$crate::numbers::Table] = &[
            $($crate::numbers::Table::Numbers(
                stringify!($name),
                &[$((stringify!($number), $module::$number as f64)),+],
            ),)+
            $($crate::numbers::Table::Texts(stringify!($texts), &$texts),)?
        ];
    };
}

pub(crate) use numbers;
