// Servers of node:https: which of them the engine serves, and by what certificates.
//
// Owns that decision. What options say is for Node's code to check, and is in its SecureContext from then on; the engine is told
// what stands there when the server listens, and again when the program changes it. What the engine has no way to do goes by
// Deno's. Called by: listen.js.

import { core, primordials } from "ext:core/mod.js";
import { EngineServer } from "ext:howth/node_http/server.js";

const { ReflectApply, StringPrototypeMatch } = primordials;

// Options that only Deno's code heeds.
const OTHERS = [
  "ALPNCallback",
  "SNICallback",
  "crl",
  "handshakeTimeout",
  "pauseOnConnect",
  "pskCallback",
  "ticketKeys",
];

const PROTOCOLS = ["http/1.1", "http/1.0"];

// As the engine has them. Older ones are not spoken.
const VERSIONS_MIN = { TLSv1: 12, "TLSv1.1": 12, "TLSv1.2": 12, "TLSv1.3": 13 };
const VERSIONS_MAX = { "TLSv1.2": 12, "TLSv1.3": 13 };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const HOST = /^(?:\*\.)?[^*]+$/;

const kNeedsDeno = Symbol("needsDeno");

let ops;

function connectOps(bound) {
  ops = bound;
}

class SecureServer extends EngineServer {
  static takesHanded = false;

  static tlsOf(node) {
    if (node[kNeedsDeno] || wantsHandshakes(node)) return undefined;
    try {
      return saidBy(node);
    } catch {
      // Deno's way says what is wrong, to whoever connects.
      return undefined;
    }
  }

  get tellsConnections() {
    return super.tellsConnections || this.node.listenerCount("secureConnection") > 1;
  }

  // There is no other socket than the secure one.
  tellConnection(socket) {
    super.tellConnection(socket);
    this.node.emit("secureConnection", socket);
  }
}

// Whether the program wants to hear of handshakes, or to make them: Node's own listeners are one each. Who listens for
// connections as well, to count them or to set their time-outs, hears of them once they are secure.
function wantsHandshakes(node) {
  return node.listenerCount("connection") === 0 || node.listenerCount("tlsClientError") > 1;
}

// What the server says of TLS, as `occupy` takes it; undefined: it is more than the engine does.
function saidBy(node) {
  const { _contexts, _sharedCreds, requestCert, rejectUnauthorized } = node;
  const { context } = _sharedCreds;
  const protocols = protocolsOf(node.ALPNProtocols);
  const versionMin = VERSIONS_MIN[context.minVersion];
  const versionMax = VERSIONS_MAX[context.maxVersion];
  if (protocols === undefined || versionMin === undefined || versionMax === undefined) return;
  const hosts = _contexts.map(([host, given]) => [host, contextOf(given)]);
  if (requestCert && hosts.some(([, { ca }]) => ca !== undefined)) return;
  const identities = [identityOf(context, [])];
  for (const [host, own] of hosts) {
    if (!HOST.test(host)) return;
    identities.push(identityOf(own, [host]));
  }
  if (identities.includes(undefined)) return;
  return {
    identities,
    ca: requestCert ? materials(textsOf(context.ca)) : [],
    mayChange: true,
    protocols,
    requestCert,
    rejectUnauthorized,
    versionMin,
    versionMax,
  };
}

// What was given to `addContext`, as Node has it.
function contextOf(given) {
  const { createSecureContext } = core.loadExtScript("ext:deno_node/_tls_common.ts");
  return createSecureContext(given).context;
}

function identityOf({ ca, cert, key }, serverNames) {
  if (cert === undefined || key === undefined) return undefined;
  const chain = chainOf(cert, textsOf(ca));
  return { cert: materials(chain), key: materials([key]), passphrase: null, serverNames };
}

// The server's certificate, and those by which it was issued as far as they are there: Node sends those of `ca` as well.
function chainOf(cert, ca) {
  const chain = certificatesOf(cert);
  if (ca.length === 0) return [cert];
  const { X509Certificate } = core.loadExtScript("ext:deno_node/internal/crypto/x509.ts");
  const issuers = ca.flatMap(certificatesOf).map((text) => new X509Certificate(text));
  let last = new X509Certificate(chain[chain.length - 1]);
  while (!last.checkIssued(last)) {
    const issuer = issuers.find((candidate) => last.checkIssued(candidate));
    // Two that have issued each other lead nowhere.
    if (issuer === undefined || chain.includes(issuer.toString())) break;
    chain.push(issuer.toString());
    last = issuer;
  }
  return chain;
}

function certificatesOf(text) {
  return StringPrototypeMatch(text, CERTIFICATE) ?? [];
}

function textsOf(given) {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given];
}

function materials(texts) {
  return texts.map((text) => ({ file: null, text }));
}

// Names, from the form of the wire, which Node's code has made of what was given (RFC 7301 section 3.1); undefined: there is one
// that the engine speaks no such server by.
function protocolsOf(wire) {
  const protocols = [];
  for (let at = 0; at < wire.length; at += 1 + wire[at]) {
    protocols.push(wire.toString("latin1", at + 1, at + 1 + wire[at]));
  }
  return protocols.every((name) => PROTOCOLS.includes(name)) ? protocols : undefined;
}

// What https.Server has of its own here: what is said of certificates counts for connections from then on. `listenerOf`: what the
// engine calls a server that it listens for.
function methodsOver({ addContext, setSecureContext }, listenerOf) {
  const change = (node, needsDeno) => {
    const listener = listenerOf(node);
    if (listener === undefined) return;
    const said = needsDeno ? undefined : saidBy(node);
    if (said === undefined) {
      throw new Error(
        "howth: a server that listens cannot be changed to that; say it before, or listen anew",
      );
    }
    ops.op_howth_change_tls(listener, said);
  };
  return {
    // Called by Node's constructor as well, with all options.
    setSecureContext(options) {
      const { _sharedCreds } = this;
      ReflectApply(setSecureContext, this, [options]);
      const needsDeno = OTHERS.some((name) => options[name]);
      try {
        change(this, needsDeno);
      } catch (error) {
        this._sharedCreds = _sharedCreds;
        throw error;
      }
      if (needsDeno) this[kNeedsDeno] = true;
    },

    addContext(host, context) {
      ReflectApply(addContext, this, [host, context]);
      try {
        change(this, false);
      } catch (error) {
        this._contexts.pop();
        throw error;
      }
    },
  };
}

export { connectOps, methodsOver, SecureServer };
