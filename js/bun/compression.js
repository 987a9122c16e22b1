// Bun.gzipSync and its like, over node:zlib. What Bun calls deflate has no header of zlib's.
//
// Never waits, but in the two that answer by a promise. Called by: namespace.js.

import { neededBytes, node } from "ext:howth/bun/parts.js";

// What node:zlib gives, as a plain array of its own.
function plain(name, over) {
  return (data, options) => {
    if (options?.library === "libdeflate") options = { level: Math.min(options.level ?? 6, 9) };
    const made = node.zlib()[over](neededBytes(data, `Bun.${name}`), options);
    return new Uint8Array(made);
  };
}

function zstd(name, over) {
  return (data, options) => {
    const zlib = node.zlib();
    const level = options?.level;
    const params = level === undefined ? {} : { [zlib.constants.ZSTD_c_compressionLevel]: level };
    return zlib[over](neededBytes(data, `Bun.${name}`), { params });
  };
}

const gzipSync = plain("gzipSync", "gzipSync");
const gunzipSync = plain("gunzipSync", "gunzipSync");
const deflateSync = plain("deflateSync", "deflateRawSync");
const inflateSync = plain("inflateSync", "inflateRawSync");
const zstdCompressSync = zstd("zstdCompressSync", "zstdCompressSync");
const zstdDecompressSync = zstd("zstdDecompressSync", "zstdDecompressSync");

async function zstdCompress(data, options) {
  return zstdCompressSync(data, options);
}

async function zstdDecompress(data) {
  return zstdDecompressSync(data);
}

export {
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
};
