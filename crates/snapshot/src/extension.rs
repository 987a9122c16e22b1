// The extension `howth`: the JavaScript of the repository's `js` folder, without one op in Rust.
//
// Included by `build.rs`, which evaluates the files into the snapshot, and by `lib.rs`, which names the
// extension again at run time (deno_core skips its sources then). The ops the JavaScript calls live in the
// runtime crate and join when an isolate starts, so a change to them does not rebuild the snapshot.
deno_core::extension!(
    howth,
    esm_entry_point = "ext:howth/00_howth.js",
    esm = [
        dir "../../js",
        "00_howth.js",
        "10_rejections.js",
        "11_interface.js",
        "12_fields.js",
        "13_headers.js",
        "14_message.js",
        "15_response.js",
        "16_url.js",
        "17_request.js",
        "18_head_text.js",
        "20_request.js",
        "30_response.js",
        "35_error_page.js",
        "36_options.js",
        "37_routes.js",
        "38_facade.js",
        "40_server.js",
        "42_batch.js",
        "50_node.js",
    ],
);
