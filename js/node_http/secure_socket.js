// The tls.TLSSocket of a connection that speaks TLS by the engine, and its handle.
//
// The handle answers what Node's code asks its TLSWrap for: what was agreed upon, which is found out when the socket is made.
// Called by: the connection; Node's TLSSocket.

import { core, primordials } from "ext:core/mod.js";
import { parts } from "ext:howth/node_http/parts.js";
import { Handle } from "ext:howth/node_http/socket_handle.js";

const { ObjectAssign, ObjectCreate, ReflectApply } = primordials;

// What a handle answers that does not know.
const UNKNOWN = -1;

let ops;

function connectOps(bound) {
  ops = bound;
}

class SecureHandle extends Handle {
  // Null: the connection had ended before anybody asked.
  #facts;

  constructor(connection, address, facts) {
    super(connection, address);
    this.#facts = facts;
  }

  getProtocol(out) {
    if (this.#facts === null) return UNKNOWN;
    out.protocol = this.#facts.version;
    return 0;
  }

  getCipher(out) {
    if (this.#facts === null) return UNKNOWN;
    const { cipher, cipherStandard, version } = this.#facts;
    ObjectAssign(out, { name: cipher, standardName: cipherStandard, version });
    return 0;
  }

  getAlpnNegotiatedProtocol(out) {
    out.alpnProtocol = this.#facts?.alpnProtocol ?? false;
  }

  getServername() {
    return this.#facts?.serverName ?? "";
  }

  isSessionReused() {
    return this.#facts?.resumed ?? false;
  }

  verifyError() {
    return this.#facts?.authorizationError ?? null;
  }

  // The client's own, as an object of Node's.
  getPeerCertificate() {
    const [own] = this.#facts?.peerCertificates ?? [];
    if (own === undefined) return undefined;
    const { X509Certificate } = core.loadExtScript("ext:deno_node/internal/crypto/x509.ts");
    return new X509Certificate(own).toLegacyObject();
  }

  // That and those behind it, in DER.
  getPeerCertificateChain() {
    return { certificates: this.#facts?.peerCertificates ?? [] };
  }

  // What both sides have said last of the handshake is not kept.
  getFinished() {}

  getPeerFinished() {}

  destroySsl() {}
}

// `options`: those of a net.Socket without its handle.
function makeSecureSocket(connection, address, options) {
  const { index, generation } = connection;
  const { node } = connection.server;
  const facts = ops.op_howth_connection_tls(index, generation);
  const handle = new SecureHandle(connection, address, facts);
  const { TLSSocket } = core.loadExtScript("ext:deno_node/_tls_wrap.js");
  // Its constructor would shake hands.
  const socket = ObjectCreate(TLSSocket.prototype);
  ReflectApply(parts.net.Socket, socket, [{ handle, ...options }]);
  const { requestCert = false, rejectUnauthorized = true } = node;
  return ObjectAssign(socket, {
    _controlReleased: true,
    _newSessionPending: false,
    _rejectUnauthorized: rejectUnauthorized,
    _requestCert: requestCert,
    _secureEstablished: true,
    _securePending: false,
    _SNICallback: null,
    _tlsOptions: {
      isServer: true,
      rejectUnauthorized,
      requestCert,
      secureContext: node._sharedCreds,
      server: node,
    },
    alpnProtocol: facts?.alpnProtocol ?? false,
    authorizationError: facts?.authorizationError ?? null,
    authorized: facts?.authorized ?? false,
    encrypted: true,
    secureConnecting: false,
    servername: facts?.serverName ?? false,
    ssl: handle,
  });
}

export { connectOps, makeSecureSocket };
