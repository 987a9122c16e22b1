// The part of a file that a request asks for, where its response has the file for a body: RFC 9110 section 14, as Bun has it.
//
// One range alone: several are answered by the whole. Called by: file.js.

import { innerResponse, Response } from "ext:howth/web/response.js";

const RANGE = /^bytes=(\d*)-(\d*)$/;
const NOT_SATISFIABLE = 416;

// The inner response that is to be sent instead of `response`; undefined: that itself.
function partOf(file, response, request) {
  if (request === null || response.status !== 200 || request.method !== "GET") return undefined;
  const found = RANGE.exec(request.header("range") ?? "");
  if (found === null || found[1] + found[2] === "") return undefined;
  const { size } = file;
  const [start, end] = placesOf(found, size);
  if (start > end && start < size) return undefined;
  const headers = response.headerList.map(([name, value]) => [name, value]);
  if (headers.some(([name]) => name.toLowerCase() === "content-range")) return undefined;
  const isThere = start < size;
  headers.push(["accept-ranges", "bytes"]);
  headers.push(["content-range", isThere ? `bytes ${start}-${end}/${size}` : `bytes */${size}`]);
  const body = isThere ? file.slice(start, end + 1) : null;
  return innerResponse(new Response(body, { status: isThere ? 206 : NOT_SATISFIABLE, headers }));
}

// The first byte and the last.
function placesOf([, first, last], size) {
  if (first === "") return [Number(last) === 0 ? size : Math.max(0, size - Number(last)), size - 1];
  return [Number(first), last === "" ? size - 1 : Math.min(Number(last), size - 1)];
}

export { partOf };
