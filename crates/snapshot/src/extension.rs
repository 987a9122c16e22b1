// The extensions `howth` and `howth_ops`: the JavaScript of the repository's `js` folder, and the names of the ops it
// calls.
//
// Included by `build.rs`, which evaluates the files into the snapshot, and by `lib.rs`, which names the extension
// `howth` again at run time (deno_core skips its sources then). The ops' Rust lives in the runtime crate: the snapshot
// holds functions that do nothing, which an isolate gives the real code, so only a new name makes a new snapshot.
deno_core::extension!(
    howth,
    esm_entry_point = "ext:howth/00_howth.js",
    esm = [
        dir "../../js",
        "00_howth.js",
        "11_interface.js",
        "12_fields.js",
        "13_headers.js",
        "14_message.js",
        "15_response.js",
        "16_url.js",
        "17_request.js",
        "18_head_text.js",
        "19_body.js",
        "19_chunk.js",
        "19_form_data.js",
        "20_request.js",
        "30_response.js",
        "31_foreign.js",
        "32_whole.js",
        "35_error_page.js",
        "36_options.js",
        "37_routes.js",
        "38_facade.js",
        "40_server.js",
        "42_batch.js",
        "45_kv.js",
        "46_topics.js",
        "47_left_out.js",
        "50_node.js",
        "51_node_streams.js",
        "52_process.js",
        "52_require.js",
        "60_warm_up.js",
    ],
);

// In the order in which the snapshot refers to them. No two may do the same: the compiler makes one function of equal
// ones, and V8 knows an op in the snapshot by its function.
macro_rules! placeholders {
    ($($name:ident),+ ; async $($async_name:ident),+ $(,)?) => {
        $(
            #[deno_core::op2]
            #[string]
            fn $name() -> String {
                stringify!($name).to_owned()
            }
        )+
        // For these the snapshot has a function around the op's that makes the promise.
        $(
            #[deno_core::op2]
            #[string]
            async fn $async_name() -> String {
                stringify!($async_name).to_owned()
            }
        )+

        deno_core::extension!(howth_ops, ops = [$($name,)+ $($async_name),+]);
    };
}

placeholders![
    op_howth_add_route,
    op_howth_blob_bytes,
    op_howth_body_cancel,
    op_howth_body_keep,
    op_howth_body_read,
    op_howth_body_take,
    op_howth_body_text,
    op_howth_clear_routes,
    op_howth_connect,
    op_howth_fail,
    op_howth_field,
    op_howth_field_names,
    op_howth_fields,
    op_howth_finish,
    op_howth_head,
    op_howth_keep_alive,
    op_howth_kv_bytes,
    op_howth_kv_clear,
    op_howth_kv_delete,
    op_howth_kv_entry,
    op_howth_kv_get,
    op_howth_kv_has,
    op_howth_kv_increment,
    op_howth_kv_put,
    op_howth_kv_size,
    op_howth_listen,
    op_howth_metrics,
    op_howth_pending,
    op_howth_remote_address,
    op_howth_required,
    op_howth_respond,
    op_howth_respond_bytes,
    op_howth_respond_few,
    op_howth_respond_long,
    op_howth_respond_raw,
    op_howth_respond_text,
    op_howth_set_timeout,
    op_howth_start,
    op_howth_stop,
    op_howth_take_texts,
    op_howth_topics_lost,
    op_howth_topics_publish,
    op_howth_topics_subscribe,
    op_howth_topics_unsubscribe,
    op_howth_watch,
    op_howth_write;
    async op_howth_topics_receive,
];
