// Messages come back as they came.
export default (request, server) => {
  // howth has Bun's way and Deno's.
  if (server.upgrade?.(request)) return undefined;
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event) => socket.send(event.data);
  return response;
};

export const websocket = { message: (socket, message) => socket.send(message) };

export const nodeWebSocket = (socket, message, isBinary) =>
  socket.send(message, { binary: isBinary });
