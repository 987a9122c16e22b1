import * as application from "./application.mjs";

export default { fetch: application.default, routes: application.routes };
