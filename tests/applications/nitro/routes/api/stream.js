export default defineEventHandler((event) => {
  const stream = createEventStream(event);
  (async () => {
    for (let number = 1; number <= 3; number++) await stream.push(String(number));
    await stream.close();
  })();
  return stream.send();
});
