//! Values of JavaScript as bytes and back, by V8's structured clone algorithm.
//!
//! What is made of a value holds all of it: memory that is shared, code of WebAssembly and objects of the platform that
//! stand for something else (`Blob`, `MessagePort`) cannot be cloned.

use std::cell::RefCell;

use deno_core::v8::{self, ValueDeserializerHelper, ValueSerializerHelper};

/// Why there are no bytes.
#[derive(Debug)]
pub(super) enum NotCloned {
    /// The value cannot be cloned, and V8 says why.
    Refused(String),
    /// Code of the program's own threw, or was terminated; V8 has the exception.
    Threw,
}

/// The symbol by which Deno's classes say that they stand for something else.
const HOST_OBJECT: &str = "Deno.core.hostObject";

/// Writes a value; getters of the program may run meanwhile.
pub(super) fn write(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<'_, v8::Value>,
) -> Result<Vec<u8>, NotCloned> {
    let brand = v8::String::new(scope, HOST_OBJECT).ok_or(NotCloned::Threw)?;
    let brand = v8::Symbol::for_key(scope, brand);
    let refused = RefCell::default();
    let writer = Writer {
        brand,
        refused: &refused,
    };
    let serializer = v8::ValueSerializer::new(scope, Box::new(writer));
    serializer.write_header();
    v8::tc_scope!(let scope, scope);
    let written = serializer.write_value(scope.get_current_context(), value);
    if written == Some(true) && !scope.has_caught() {
        return Ok(serializer.release());
    }
    if let Some(reason) = refused.take() {
        return Err(NotCloned::Refused(reason));
    }
    scope.rethrow();
    Err(NotCloned::Threw)
}

/// Reads what [`write`] wrote. `None`: V8 has no memory for it.
pub(super) fn read<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: &[u8]) -> Option<v8::Local<'s, v8::Value>> {
    let deserializer = v8::ValueDeserializer::new(scope, Box::new(Reader), bytes);
    deserializer.read_header(scope.get_current_context())?;
    deserializer.read_value(scope.get_current_context())
}

struct Writer<'a> {
    brand: v8::Local<'a, v8::Symbol>,
    refused: &'a RefCell<Option<String>>,
}

impl Writer<'_> {
    fn refuse_a(&self, scope: &mut v8::PinScope<'_, '_>, name: &str) {
        if let Some(reason) = v8::String::new(scope, &format!("{name} object could not be cloned.")) {
            self.refuse(scope, reason);
        }
    }

    fn refuse(&self, scope: &mut v8::PinScope<'_, '_>, reason: v8::Local<'_, v8::String>) {
        *self.refused.borrow_mut() = Some(reason.to_rust_string_lossy(scope));
        // V8 wants one; `write` reports the reason instead.
        let exception = v8::Exception::error(scope, reason);
        scope.throw_exception(exception);
    }
}

impl v8::ValueSerializerImpl for Writer<'_> {
    fn throw_data_clone_error<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        message: v8::Local<'s, v8::String>,
    ) {
        self.refuse(scope, message);
    }

    fn has_custom_host_object(&self, _isolate: &v8::Isolate) -> bool {
        true
    }

    fn is_host_object<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
    ) -> Option<bool> {
        object.has(scope, self.brand.into())
    }

    fn write_host_object<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
        _serializer: &dyn v8::ValueSerializerHelper,
    ) -> Option<bool> {
        let name = object.get_constructor_name().to_rust_string_lossy(scope);
        self.refuse_a(scope, &name);
        None
    }

    fn get_shared_array_buffer_id<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        _shared_array_buffer: v8::Local<'s, v8::SharedArrayBuffer>,
    ) -> Option<u32> {
        self.refuse_a(scope, "SharedArrayBuffer");
        None
    }

    fn get_wasm_module_transfer_id(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        _module: v8::Local<'_, v8::WasmModuleObject>,
    ) -> Option<u32> {
        self.refuse_a(scope, "WebAssembly.Module");
        None
    }
}

/// Nothing was written that it would have to be asked about.
struct Reader;

impl v8::ValueDeserializerImpl for Reader {}
