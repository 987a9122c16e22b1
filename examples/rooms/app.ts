// Rooms over WebSockets, whose lines reach the sockets of every core. Open two pages of http://localhost:3000/.

type Member = { room: string; name: string };

const NAME_CHARACTERS_MAX = 40;

const PAGE = `<!doctype html>
<title>Rooms</title>
<ul id="lines"></ul>
<form><input id="line" autofocus autocomplete="off"></form>
<script>
  const socket = new WebSocket(location.href.replace(/^http/, "ws") + "rooms/hall?name=" + Math.random().toString(36).slice(2, 6));
  socket.onmessage = ({ data }) => {
    const item = document.createElement("li");
    item.textContent = data;
    document.getElementById("lines").append(item);
  };
  document.forms[0].onsubmit = (event) => {
    event.preventDefault();
    const input = document.getElementById("line");
    socket.send(input.value);
    input.value = "";
  };
</script>
`;

export default {
  routes: {
    "/": new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } }),
    "/rooms/:room": (request, server) => {
      const given = new URL(request.url).searchParams.get("name") ?? "somebody";
      const data: Member = { room: request.params.room, name: given.slice(0, NAME_CHARACTERS_MAX) };
      if (server.upgrade(request, { data })) return undefined;
      return new Response("This is a WebSocket.\n", {
        status: 426,
        headers: { connection: "upgrade", upgrade: "websocket" },
      });
    },
  },
  websocket: {
    maxPayloadLength: 4096,
    publishToSelf: true,
    open(socket: Howth.ServerWebSocket<Member>) {
      const { room, name } = socket.data;
      socket.subscribe(room);
      socket.publish(room, `${name} came in`);
    },
    message(socket: Howth.ServerWebSocket<Member>, message) {
      const { room, name } = socket.data;
      if (typeof message === "string") socket.publish(room, `${name}: ${message}`);
    },
    close({ data: { room, name } }: Howth.ServerWebSocket<Member>) {
      Howth.publish(room, `${name} left`);
    },
  },
} satisfies Howth.ApplicationObject;
