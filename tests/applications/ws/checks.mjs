export const command = ["run", "app.mjs"];

export const checks = {
  "requests beside sockets": { send: "GET /", text: "plain" },
  "text and bytes come back": async ({ websocket, same }) => {
    const socket = await websocket("/echo");
    socket.send("hello");
    same(await socket.next(), "hello");
    socket.send(Buffer.from([1, 2, 3]));
    same([...(await socket.next())], [1, 2, 3]);
    const long = "ä".repeat(20_000);
    socket.send(long);
    same(await socket.next(), long);
    socket.destroy();
  },
  "many messages keep their order": async ({ websocket, same }) => {
    const socket = await websocket("/echo");
    for (let number = 0; number < 200; number++) socket.send(`message ${number}`);
    for (let number = 0; number < 200; number++) same(await socket.next(), `message ${number}`);
    socket.destroy();
  },
  "the request's socket": async ({ websocket, same }) => {
    const socket = await websocket("/echo");
    socket.send("where");
    same(await socket.next(), "127.0.0.1");
    socket.destroy();
  },
  "a ping": async ({ websocket, same }) => {
    const socket = await websocket("/echo");
    socket.ping("here?");
    same(await socket.next(), { pong: "here?" });
    socket.destroy();
  },
  "the compression that was offered": async ({ websocket, same }) => {
    const offer = { "sec-websocket-extensions": "permessage-deflate; server_no_context_takeover" };
    const socket = await websocket("/echo", offer);
    same(socket.fields["sec-websocket-extensions"], offer["sec-websocket-extensions"]);
    socket.destroy();
  },
  "one to all": async ({ websocket, same }) => {
    const first = await websocket("/room");
    same(await first.next(), "1 here");
    const second = await websocket("/room");
    same(await second.next(), "2 here");
    second.send("hi");
    same([await first.next(), await second.next()], ["all: hi", "all: hi"]);
    first.destroy();
    second.destroy();
  },
  "the end, from the client": async ({ websocket, same, said }) => {
    const socket = await websocket("/room");
    await socket.next();
    socket.close(4001);
    same(await socket.next(), { code: 4001 });
    same(await socket.next(), null);
    await said(/left with 4001/);
  },
  "a handshake that is refused": async ({ raw, same }) => {
    const found = await raw(
      "GET /none HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    same(found, "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
  },
};
