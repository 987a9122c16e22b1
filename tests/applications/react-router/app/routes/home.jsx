import { useState } from "react";

export const meta = () => [{ title: "A check" }];
export const headers = () => ({ "x-from": "the route" });

export default function Home() {
  const [count, setCount] = useState(3);
  return (
    <main>
      <h1>It is built</h1>
      <button type="button" onClick={() => setCount(count + 1)}>{`count ${count}`}</button>
    </main>
  );
}
