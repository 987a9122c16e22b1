import Counter from "./counter";

export default function Page() {
  return (
    <main>
      <h1>It is built</h1>
      <Counter start={3} />
    </main>
  );
}
