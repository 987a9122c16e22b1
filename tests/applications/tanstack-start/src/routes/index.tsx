import { createFileRoute } from "@tanstack/react-router";
import { createServerFn } from "@tanstack/react-start";
import { getRequestHeader, setResponseHeader } from "@tanstack/react-start/server";

const ask = createServerFn().handler(() => {
  setResponseHeader("x-from", "a function of the server");
  return `asked by ${getRequestHeader("user-agent")}`;
});

export const Route = createFileRoute("/")({
  loader: () => ask(),
  component: () => <h1>{Route.useLoaderData()}</h1>,
});
