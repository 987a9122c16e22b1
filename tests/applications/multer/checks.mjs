export const command = ["run", "app.mjs"];

const file = (content, name = "a.txt") => ({ name, type: "text/plain", content });

export const checks = {
  "a file and a field": {
    send: "POST /one",
    with: { parts: { title: "A file", file: file("hello") } },
    json: {
      originalname: "a.txt",
      mimetype: "text/plain",
      size: 5,
      start: "hello",
      title: "A file",
    },
  },
  "a file of 900 kB": async ({ request, same }) => {
    same(
      (await request("POST /one", { parts: { file: file("x".repeat(900_000)) } })).json.size,
      900_000,
    );
  },
  "a file that is too large": {
    send: "POST /one",
    with: { parts: { file: file("x".repeat(1_100_000)) } },
    status: 400,
    json: { code: "LIMIT_FILE_SIZE", error: "File too large" },
  },
  "several files": {
    send: "POST /many",
    with: { parts: { a: file("1"), b: file("2") } },
    json: { a: 1, b: 1 },
  },
  "a file on disk": {
    send: "POST /disk",
    with: { parts: { file: file("kept") } },
    json: { text: "kept" },
  },
  "fields alone": {
    send: "POST /none",
    with: { parts: { a: "1", b: "zwei ü" } },
    json: { a: "1", b: "zwei ü" },
  },
  "a file that nobody expects": {
    send: "POST /none",
    with: { parts: { file: file("a") } },
    status: 400,
    text: /LIMIT_UNEXPECTED_FILE/,
  },
  "a body that breaks off": {
    send: "POST /one",
    with: {
      body: '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nab',
      fields: { "content-type": "multipart/form-data; boundary=b" },
    },
    status: 500,
    text: /Unexpected end of form/,
  },
};
