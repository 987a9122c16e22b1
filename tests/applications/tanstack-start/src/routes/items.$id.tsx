import { Await, createFileRoute, notFound, redirect } from "@tanstack/react-router";
import { Suspense } from "react";

export const Route = createFileRoute("/items/$id")({
  validateSearch: (search) => ({ color: String(search.color ?? "none") }),
  beforeLoad: ({ params }) => {
    if (params.id === "0") throw redirect({ to: "/" });
  },
  loader: ({ params }) => {
    if (params.id === "9") throw notFound();
    if (params.id === "13") throw new Error("it broke");
    return { late: new Promise<string>((resolve) => setTimeout(resolve, 50, "late part")) };
  },
  errorComponent: ({ error }) => <p>{`told: ${error.message}`}</p>,
  component: () => {
    const { id } = Route.useParams();
    const { color } = Route.useSearch();
    return (
      <main>
        <p id="item">{`${id} ${color}`}</p>
        <Suspense fallback={<p>wait a moment</p>}>
          <Await promise={Route.useLoaderData().late}>{(part) => <p>{part}</p>}</Await>
        </Suspense>
      </main>
    );
  },
});
