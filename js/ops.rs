//! The names of all ops, for whoever makes functions of them.

/// Gives the names of all ops to a macro, in the order in which the snapshot refers to them: those that answer at once in
/// the first brackets, those that answer by a promise in the second.
#[macro_export]
macro_rules! ops {
    ($then:ident) => {
        $crate::server_ops! { __with_shared $then }
    };
}

/// The next step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_shared {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*]) => {
        $crate::shared_ops! { __with_node $then [$($at_once,)*] [$($later,)*] }
    };
}

/// The next step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_node {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*] [$($more:ident,)*] [$($more_later:ident,)*]) => {
        $crate::node_ops! { __with_node_http $then [$($at_once,)* $($more,)*] [$($later,)* $($more_later,)*] }
    };
}

/// The next step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_node_http {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*] [$($more:ident,)*] [$($more_later:ident,)*]) => {
        $crate::node_http_ops! { __with_deno $then [$($at_once,)* $($more,)*] [$($later,)* $($more_later,)*] }
    };
}

/// The next step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_deno {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*] [$($more:ident,)*] [$($more_later:ident,)*]) => {
        $crate::deno_ops! { __with_bun $then [$($at_once,)* $($more,)*] [$($later,)* $($more_later,)*] }
    };
}

/// The next step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_bun {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*] [$($more:ident,)*] [$($more_later:ident,)*]) => {
        $crate::bun_ops! { __with_sockets $then [$($at_once,)* $($more,)*] [$($later,)* $($more_later,)*] }
    };
}

/// The next step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_sockets {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*] [$($more:ident,)*] [$($more_later:ident,)*]) => {
        $crate::sockets_ops! { __with_http $then [$($at_once,)* $($more,)*] [$($later,)* $($more_later,)*] }
    };
}

/// The next step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_http {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*] [$($more:ident,)*] [$($more_later:ident,)*]) => {
        $crate::http_ops! { __with_all $then [$($at_once,)* $($more,)*] [$($later,)* $($more_later,)*] }
    };
}

/// The last step of [`ops`].
#[doc(hidden)]
#[macro_export]
macro_rules! __with_all {
    ($then:ident [$($at_once:ident,)*] [$($later:ident,)*] [$($more:ident,)*] [$($more_later:ident,)*]) => {
        $then! { [$($at_once,)* $($more,)*] [$($later,)* $($more_later,)*] }
    };
}
