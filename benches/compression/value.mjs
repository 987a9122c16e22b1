// What every application answers: 10 KiB of JSON, put together for each request.
const items = Array.from({ length: 86 }, (_, number) => ({
  id: number * 7919,
  name: `item ${number}`,
  price: ((number * 37) % 1000) / 10,
  tags: ["red", "large", `group-${number % 7}`],
  isAvailable: number % 3 > 0,
  note: (number * 2654435761).toString(36),
}));

export const json = () => JSON.stringify({ items });
export const headers = { "content-type": "application/json" };
