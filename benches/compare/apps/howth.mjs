import { handler } from "./handlers.mjs";

export default { fetch: handler };
