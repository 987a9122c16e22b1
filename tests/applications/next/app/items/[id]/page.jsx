import { headers } from "next/headers";
import { notFound } from "next/navigation";

export default async function Item({ params, searchParams }) {
  const { id } = await params;
  const { color = "none" } = await searchParams;
  if (id === "9") notFound();
  const agent = (await headers()).get("user-agent");
  return <p id="item">{`${id} ${color} ${agent}`}</p>;
}
