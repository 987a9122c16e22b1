import { error, redirect } from "@sveltejs/kit";

export async function load({ params, url, locals, setHeaders, fetch }) {
  if (params.id === "0") redirect(302, "/");
  if (params.id === "9") error(404, "no such item");
  if (params.id === "13") throw new Error("it broke");
  setHeaders({ "cache-control": "private, max-age=5" });
  const late = new Promise((resolve) => setTimeout(resolve, 20, "late part"));
  const words = await (await fetch("/api?word=inner")).text();
  return { id: params.id, color: url.searchParams.get("color"), name: locals.name, words, late };
}
