import { connection } from "next/server";
import { Suspense } from "react";

async function Late() {
  await connection();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return <p>late part</p>;
}

export default function Page() {
  return (
    <Suspense fallback={<p>wait a moment</p>}>
      <Late />
    </Suspense>
  );
}
