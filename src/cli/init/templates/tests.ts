test("the home page is HTML", async () => {
  const response = await ask("/");
  assert.equal(response.status, 200);
  assert.match(await response.text(), /Hello from howth/);
});

test("somebody is greeted by name", async () => {
  const response = await ask("/greetings/Ada");
  assert.deepEqual(await response.json(), { greeting: "Hello, Ada!" });
});

test("visits are counted", async () => {
  const first = await ask("/visits", { method: "POST" });
  assert.equal(first.status, 201);
  assert.deepEqual(await first.json(), { visits: 1 });
  const second = await ask("/visits");
  assert.deepEqual(await second.json(), { visits: 1 });
});

test("what is not there is a 404", async () => {
  const response = await ask("/nowhere");
  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), { error: "nothing is at /nowhere" });
});
