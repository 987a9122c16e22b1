import { createCookieSessionStorage, data, Form, redirect } from "react-router";

const { getSession, commitSession } = createCookieSessionStorage({
  cookie: { name: "session", secrets: ["of a check"], httpOnly: true, path: "/" },
});

export async function loader({ request }) {
  const session = await getSession(request.headers.get("cookie"));
  return { name: session.get("name") ?? "nobody" };
}

export async function action({ request }) {
  const name = (await request.formData()).get("name");
  if (!name) return data({ isMissing: true }, { status: 422 });
  const session = await getSession(request.headers.get("cookie"));
  session.set("name", name);
  return redirect("/form", { headers: { "set-cookie": await commitSession(session) } });
}

export default function Page({ loaderData, actionData }) {
  return (
    <Form method="post">
      <p>{`saved: ${loaderData.name}${actionData?.isMissing ? ", a name is missing" : ""}`}</p>
      <input name="name" />
    </Form>
  );
}
