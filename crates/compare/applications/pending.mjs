// The least there is, in a program that always waits for something, as for a database.
setInterval(() => {}, 1000);

export default () => new Response("Hi");

export const node = (_request, response) => response.end("Hi");
