export default defineEventHandler((event) => ({ hello: "world", name: event.context.name }));
