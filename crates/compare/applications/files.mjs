// Files of a folder, in the way that each runtime has for that.
import { createReadStream, statSync } from "node:fs";

const folder = "public";

// howth's routes answer without a call of JavaScript.
export const routes = globalThis.Howth && { "/*": Howth.dir(folder) };

export default async (request) => {
  const path = folder + new URL(request.url).pathname;
  if (globalThis.Bun && !globalThis.Howth) return new Response(Bun.file(path));
  if (globalThis.Deno) {
    const file = await Deno.open(path);
    const { size } = await file.stat();
    return new Response(file.readable, { headers: { "content-length": String(size) } });
  }
};

export const node = (request, response) => {
  const path = folder + request.url;
  response.setHeader("content-length", statSync(path).size);
  createReadStream(path).pipe(response);
};
