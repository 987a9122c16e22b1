//! What the JavaScript of this folder has in common with Rust. The ops' code is in `crates/runtime/src/bridge`.

/// The next step of [`ops`](crate::ops): the ops that answer at once, and those that answer by a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! server_ops {
    ($next:ident $($before:tt)*) => {
        $crate::$next! {
            $($before)*
            [
                op_howth_blob_bytes,
                op_howth_body_cancel,
                op_howth_body_keep,
                op_howth_body_read,
                op_howth_body_take,
                op_howth_body_text,
                op_howth_cache_clear,
                op_howth_cache_purge_path,
                op_howth_cache_purge_tag,
                op_howth_cache_purge_url,
                op_howth_cache_stats,
                op_howth_check_routes,
                op_howth_connect,
                op_howth_early_hints,
                op_howth_fail,
                op_howth_field,
                op_howth_field_names,
                op_howth_fields,
                op_howth_finish,
                op_howth_finish_with_trailers,
                op_howth_head,
                op_howth_keep_alive,
                op_howth_listen,
                op_howth_metrics,
                op_howth_pending,
                op_howth_reason,
                op_howth_remote_address,
                op_howth_respond,
                op_howth_respond_bytes,
                op_howth_respond_few,
                op_howth_respond_file,
                op_howth_respond_long,
                op_howth_respond_raw,
                op_howth_respond_text,
                op_howth_serve_handed,
                op_howth_set_routes,
                op_howth_set_timeout,
                op_howth_start,
                op_howth_stop,
                op_howth_take_texts,
                op_howth_tls,
                op_howth_tls_arguments,
                op_howth_trailers,
                op_howth_unsent_bytes,
                op_howth_watch,
                op_howth_write,
            ]
            []
        }
    };
}

/// Handed to `server/numbers.js`.
pub(crate) mod numbers {
    crate::numbers::numbers! {
        /// How events lie in the buffer of a batch.
        batch: usize as Batch {
            /// The numbers of one event: its kind, slot and generation, which are a connection's where its end is told; of a
            /// request also its method's number, and the lengths of method and URL in its text; then, where the server
            /// encodes its responses, slot and generation of the connection, and facts; the server's listener; the route. Behind
            /// the last event stands which one JavaScript is at, and then where parameters of routes stand in the texts: where
            /// one begins, and twice its length, and one more where it is encoded.
            EVENT_LENGTH = 12,
            /// Where the listener stands among them.
            LISTENER = 9,
            /// Where the number of the route's handler stands.
            ROUTE = 10,
            /// Where it stands which number is the first of its parameters.
            PARAMETERS = 11,
            /// So many numbers of parameters fit.
            PARAMETERS_LENGTH = 4096,
        }

        /// Which route is meant.
        route: u32 as RouteNumber {
            /// None: what answers requests without a route does. Those of routes are greater.
            NONE = 0,
        }

        /// What happened.
        event: u32 as EventKind {
            /// A request came.
            REQUEST = 0,
            /// More of a body came, or its end.
            BODY_READABLE = 1,
            /// A response that was paused may go on.
            WRITABLE = 2,
            /// The client has closed its side.
            DISCONNECTED = 3,
            /// The response has left.
            COMPLETED = 4,
            /// The exchange is over before its response was.
            ABORTED = 5,
            /// Nothing: what stood here was taken back.
            TAKEN = 6,
            /// A connection has ended.
            CLOSED = 7,
            /// What came is no request.
            REJECTED = 8,
            /// There is a new connection.
            OPENED = 9,
        }

        /// What `op_howth_fields` writes of a field: the number of its name, where the name begins and ends, where the value
        /// does.
        field: usize as FieldPlaces {
            /// So many numbers a field.
            LENGTH = 5,
        }

        /// What `op_howth_field` answers besides where the only field line of a name begins.
        field_line: i32 as FieldLine {
            /// There is none.
            MISSING = -1,
            /// There are several, or it cannot be told.
            UNKNOWN = -2,
        }

        /// What `op_howth_body_read` answers besides bytes.
        body: i32 as BodyRead {
            /// Nothing has come.
            PENDING = 0,
            /// Everything was read.
            END = 1,
        }

        /// What `op_howth_watch` answers.
        watch: u32 as Watched {
            /// The exchange is over.
            OVER = 0,
            /// It is not.
            OPEN = 1,
            /// The client has closed its side.
            LEFT = 2,
        }

        /// What `op_howth_start` answers.
        start: u32 as Started {
            /// The exchange is over.
            GONE = 0,
            /// The body is sent.
            STREAM = 1,
            /// The client gets no body.
            BODYLESS = 2,
        }

        /// What `op_howth_write` answers.
        write: u32 as Written {
            /// There is room for more.
            READY = 0,
            /// There is none for the moment.
            FULL = 1,
            /// The exchange is over.
            GONE = 2,
            /// More than may wait for the client waits already, and nothing was written.
            BEHIND = 3,
        }

        /// Which cores a server that listens is for.
        reach: u32 as Reach {
            /// All of them.
            EVERY_CORE = 0,
            /// The one that it listens on.
            THIS_CORE = 1,
            /// One, unless several were asked for: the program listens by itself, and says where, as under another runtime.
            AS_ASKED = 2,
        }

        /// What became of a module's default export.
        served: u32 as Served {
            /// It is served now, or was already.
            SERVES = 0,
            /// Nothing in it can be served.
            NO_HANDLER = 1,
            /// It is what Express and its kind export, which node:http calls and nobody else.
            NODE_APPLICATION = 2,
            /// The program has opened a server of its own.
            LISTENS_ITSELF = 3,
        }
        ;

        /// The methods that cross as a number, their place here. 0, any other: the text of the request begins with the method.
        METHODS: ["", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
    }
}
