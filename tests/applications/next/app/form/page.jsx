import { cookies } from "next/headers";
import { redirect } from "next/navigation";

async function save(form) {
  "use server";
  (await cookies()).set("name", form.get("name"));
  redirect("/form");
}

export default async function Page() {
  const name = (await cookies()).get("name")?.value ?? "nobody";
  return (
    <form action={save}>
      <p>{`saved: ${name}`}</p>
      <input name="name" />
    </form>
  );
}
