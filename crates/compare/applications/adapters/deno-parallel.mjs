// For `deno serve --parallel`, which takes as many workers as DENO_JOBS says.
import * as application from "./application.mjs";

export default { fetch: application.default };
