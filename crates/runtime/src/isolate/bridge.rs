//! The object through which Rust reaches howth's JavaScript.

use deno_core::{JsRuntime, v8};

/// Takes the object off the global scope, so that no program sees it.
pub(super) fn take(runtime: &mut JsRuntime) -> v8::Global<v8::Object> {
    deno_core::scope!(scope, runtime);
    let name = name(scope, "__howth");
    let global = scope.get_current_context().global(scope);
    let object = global
        .get(scope, name)
        .and_then(|value| v8::Local::<v8::Object>::try_from(value).ok())
        .expect("js/boot/main.js, in the snapshot, defines it");
    global.delete(scope, name);
    // Of the flag that lets Rust collect garbage, see `platform`. It cannot be deleted: what an extension of V8 declares
    // stays declared.
    let collector = self::name(scope, "__howth_gc");
    if global.has(scope, collector) == Some(true) {
        let nothing = v8::undefined(scope).into();
        global.set(scope, collector, nothing);
    }
    v8::Global::new(scope, object)
}

/// Tells programs how they were started.
pub(super) fn describe_process(runtime: &mut JsRuntime, bridge: &v8::Global<v8::Object>, description: &str) {
    deno_core::scope!(scope, runtime);
    let Some(description) = v8::String::new(scope, description) else {
        // It holds a program, which is too large for V8, as it would say itself.
        return;
    };
    call_in(scope, bridge, "describeProcess", description.into());
}

/// Gives the programs of a `Worker` the `Howth` global.
pub(super) fn start_worker(runtime: &mut JsRuntime, bridge: &v8::Global<v8::Object>, version: &'static str) {
    call(runtime, bridge, "startWorker", version);
}

fn call(
    runtime: &mut JsRuntime,
    bridge: &v8::Global<v8::Object>,
    function: &'static str,
    argument: &'static str,
) {
    deno_core::scope!(scope, runtime);
    let argument = name(scope, argument);
    call_in(scope, bridge, function, argument);
}

fn call_in<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &v8::Global<v8::Object>,
    function: &'static str,
    argument: v8::Local<'s, v8::Value>,
) {
    let function = name(scope, function);
    let bridge = v8::Local::new(scope, bridge);
    let function = bridge
        .get(scope, function)
        .and_then(|value| v8::Local::<v8::Function>::try_from(value).ok())
        .expect("js/boot/main.js, in the snapshot, defines it");
    function.call(scope, bridge.into(), &[argument]);
}

fn name<'s>(scope: &mut v8::PinScope<'s, '_>, text: &'static str) -> v8::Local<'s, v8::Value> {
    v8::String::new_external_onebyte_static(scope, text.as_bytes())
        .expect("it is far below V8's limit")
        .into()
}
