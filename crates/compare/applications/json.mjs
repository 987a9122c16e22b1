// A small object as JSON.
export default () => Response.json({ message: "Hello, World!" });

export function node(_request, response) {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ message: "Hello, World!" }));
}
