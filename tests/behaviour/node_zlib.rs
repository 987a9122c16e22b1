//! Streams of node:zlib: who is told of an error.

use crate::support::{Engine, Launch, printed};

on_both_engines![an_error_is_told_once];

/// By its event: nothing is called back as if the chunk had been processed.
fn an_error_is_told_once(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { pipeline, Readable, Writable } from 'node:stream';
        import zlib from 'node:zlib';

        const inflate = zlib.createInflateRaw();
        inflate.on('error', (error) => console.log(error.code));
        inflate.write(Buffer.from([0x07]), (error) => console.log('written', error?.code));
        inflate.flush((error) => console.log('flushed', error?.code));
        inflate.on('close', () => {
            pipeline(
                Readable.from([Buffer.from('no gzip')]),
                zlib.createGunzip(),
                new Writable({ write() {} }),
                (error) => console.log('pipeline', error.code),
            );
        });
        ",
    )
    .finish();
    printed(&finished, "Z_DATA_ERROR\npipeline Z_DATA_ERROR");
}
