// The page a browser shows in development when a handler throws.

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escape(text) {
  return String(text).replace(/[&<>"]/g, (character) => ESCAPES[character]);
}

function errorPage(error) {
  const isError = error instanceof Error;
  const title = isError ? `${error.name}: ${error.message}` : `Thrown: ${Deno.inspect(error)}`;
  const stack = isError ? (error.stack ?? "") : "";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escape(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem; color: #1b1b1b; background: #fdfdfd }
h1 { font-size: 1.3rem; color: #b00020; overflow-wrap: anywhere }
pre { background: #f1f1f1; padding: 1rem; overflow: auto }
</style>
<h1>${escape(title)}</h1>
<pre>${escape(stack)}</pre>
<p>Shown because of <code>--dev</code>; without it clients see "Internal Server Error" only.</p>
</html>
`;
}

export { errorPage };
