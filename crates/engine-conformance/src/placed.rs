//! From the list of cases to tests of those that run in a place.
//!
//! Owns which of them these are. Never names a case: the list does. Called by: `engine_cases!`.

/// Makes tests of the cases that run where `engine_cases` was told.
#[doc(hidden)]
#[macro_export]
macro_rules! place_cases {
    (@all sockets $start:path: $($group:ident {
        $(everywhere { $($everywhere:ident)* })?
        $(sockets { $($sockets:ident)* })?
        $(memory { $($memory:ident)* })?
    })*) => {
        $(mod $group {
            $($(#[test]
            fn $everywhere() {
                $crate::$group::$everywhere($start);
            })*)?
            $($(#[test]
            fn $sockets() {
                $crate::$group::$sockets($start);
            })*)?
        })*
    };
    (@all secure $start:path: $($group:ident {
        $(everywhere { $($everywhere:ident)* })?
        $(sockets { $($sockets:ident)* })?
        $(memory { $($memory:ident)* })?
    })*) => {
        $(mod $group {
            $($(#[test]
            fn $everywhere() {
                $crate::$group::$everywhere($start);
            })*)?
        })*
    };
    (@all memory $start:path: $($group:ident {
        $(everywhere { $($everywhere:ident)* })?
        $(sockets { $($sockets:ident)* })?
        $(memory { $($memory:ident)* })?
    })*) => {
        $(mod $group {
            $($(#[test]
            fn $everywhere() {
                $crate::$group::$everywhere($start);
            })*)?
            $($(#[test]
            fn $memory() {
                $crate::$group::$memory($start);
            })*)?
        })*
    };
}

#[doc(hidden)]
pub use place_cases;
