// What one says all hear.
const sockets = new Set();

export default (request, server) => {
  // howth has Bun's way and Deno's.
  if (server.upgrade?.(request)) return undefined;
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => sockets.add(socket);
  socket.onclose = () => sockets.delete(socket);
  socket.onmessage = (event) => {
    for (const other of sockets) other.send(event.data);
  };
  return response;
};

export const websocket = {
  publishToSelf: true,
  open: (socket) => socket.subscribe("all"),
  message: (socket, message) => socket.publish("all", message),
};

export const nodeWebSocket = (_socket, message, isBinary, all) => {
  for (const other of all) other.send(message, { binary: isBinary });
};
