export const command = ["run", "app.mjs"];

export const checks = {
  "an image in three formats": async ({ request, same }) => {
    const begins = { png: "89504e47", jpeg: "ffd8ff", avif: "000000" };
    for (const [format, start] of Object.entries(begins)) {
      const answer = await request(`GET /made.${format}?width=16&height=8`);
      same(answer.fields["content-type"], `image/${format}`);
      same(answer.bytes.toString("hex").slice(0, start.length), start);
    }
  },
  "an upload that is made smaller": async ({ request, same }) => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="32"/>';
    const image = { name: "a.svg", type: "image/svg+xml", content: svg };
    const { json } = await request("POST /resized", { parts: { image } });
    same([json.info.format, json.info.width, json.info.height, json.read], ["webp", 8, 16, "webp"]);
  },
  "a request through a stream": async ({ request, same }) => {
    const body = (await request("GET /made.png?width=16&height=16")).bytes;
    const answer = await request("POST /piped", { body });
    same([answer.bytes.readUInt32BE(16), answer.bytes.readUInt32BE(20)], [4, 4]);
  },
  pixels: { send: "GET /text", json: [0, 255, 0, 255] },
  "sixteen at once": { send: "GET /at-once", json: true },
  "what is no image": {
    send: "POST /resized",
    with: { parts: { image: { name: "a.png", type: "image/png", content: "no image" } } },
    status: 400,
    json: { error: "Input buffer contains unsupported image format" },
  },
};
