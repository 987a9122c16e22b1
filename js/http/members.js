// What `howth:http` exports, and `Howth` has as well: a line for each file, which `members.rs` reads.

export { file } from "ext:howth/bun/file.js";
export { EventChannel } from "ext:howth/http/event_channel.js";
export { EventStream, eventStream } from "ext:howth/http/event_stream.js";
export { cache } from "ext:howth/server/cache.js";
export { error } from "ext:howth/server/error_answer.js";
export { dir } from "ext:howth/server/folder.js";
export { cors, headers, rateLimit, securityHeaders } from "ext:howth/server/layers.js";
export { query } from "ext:howth/server/query.js";
export { redirect } from "ext:howth/server/redirect.js";
