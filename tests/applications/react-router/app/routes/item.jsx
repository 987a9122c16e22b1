import { Suspense } from "react";
import { Await, data } from "react-router";

export async function loader({ params, request }) {
  if (params.id === "9") throw data("no such item", { status: 404 });
  if (params.id === "13") throw new Error("it broke");
  const late = new Promise((resolve) => setTimeout(resolve, 50, "late part"));
  return { id: params.id, color: new URL(request.url).searchParams.get("color"), late };
}

export default function Item({ loaderData: { id, color, late } }) {
  return (
    <main>
      <p id="item">{`${id} ${color}`}</p>
      <Suspense fallback={<p>wait a moment</p>}>
        <Await resolve={late}>{(part) => <p>{part}</p>}</Await>
      </Suspense>
    </main>
  );
}
