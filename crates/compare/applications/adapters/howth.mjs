import * as application from "./application.mjs";

const tls = { certFile: "../certificate.pem", keyFile: "../key.pem" };

export default {
  fetch: application.default,
  routes: application.routes,
  tls: application.isSecure ? tls : undefined,
  websocket: application.websocket,
};
