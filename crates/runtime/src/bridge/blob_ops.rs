//! The op that reads a `Blob` at once.
//!
//! Deno's own is asynchronous, and what a route answers has to be there when the server listens. Reads what is in memory;
//! never waits for anything.

use std::sync::Arc;

use deno_core::futures::FutureExt;
use deno_core::{OpState, op2, v8};
use deno_runtime::deno_web::BlobStoreTrait;
use uuid::Uuid;

use super::values::give_bytes;

/// The bytes of a blob's parts; null if one of them is not in memory.
#[op2]
pub(super) fn op_howth_blob_bytes<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    #[scoped] parts: Vec<Uuid>,
) -> v8::Local<'s, v8::Value> {
    match read(&**state.borrow::<Arc<dyn BlobStoreTrait>>(), &parts) {
        Some(bytes) => give_bytes(scope, bytes),
        None => v8::null(scope).into(),
    }
}

fn read(store: &dyn BlobStoreTrait, parts: &[Uuid]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in parts {
        let part = store.get_part(part)?;
        bytes.extend_from_slice(part.read().now_or_never()?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use deno_runtime::deno_web::{BlobPart, BlobStore, InMemoryBlobPart};

    use super::*;

    /// A part that is read from somewhere, some time.
    #[derive(Debug)]
    struct Elsewhere;

    #[async_trait]
    impl BlobPart for Elsewhere {
        async fn read<'a>(&'a self) -> &'a [u8] {
            std::future::pending().await
        }

        fn size(&self) -> usize {
            1
        }
    }

    #[test]
    fn parts_are_read_at_once_or_not_at_all() {
        let store = BlobStore::default();
        let part = |text: &str| store.insert_part(Arc::new(InMemoryBlobPart::from(text.as_bytes().to_vec())));
        let parts = [part("a"), part(""), part("bc")];
        assert_eq!(read(&store, &parts).as_deref(), Some(&b"abc"[..]));
        assert_eq!(read(&store, &[]).as_deref(), Some(&b""[..]));
        let elsewhere = store.insert_part(Arc::new(Elsewhere));
        assert_eq!(read(&store, &[parts[0], elsewhere]), None);
        store.remove_part(&parts[0]);
        assert_eq!(read(&store, &parts), None);
    }
}
