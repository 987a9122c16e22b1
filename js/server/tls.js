// Reading what programs say about TLS, in the shapes of Bun, Node and Deno.
//
// Certificates and keys are texts or bytes in PEM, or files; of several hosts there is an array. Every mistake is a
// TypeError that names the option; what is in a certificate is for Rust to read. Called by: server.js.

import { primordials } from "ext:core/mod.js";

const { ArrayBufferIsView, ArrayIsArray, ObjectValues, StringPrototypeIncludes, TypeError } =
  primordials;

const VERSIONS = { TLSv1: 12, "TLSv1.1": 12, "TLSv1.2": 12, "TLSv1.3": 13 };

// What cannot be done, and what helps.
const REFUSED = {
  pfx: "give cert and key in PEM: openssl pkcs12 -in FILE -nodes",
  crl: "leave it out",
  SNICallback: "give an array of { serverName, cert, key }",
  ALPNCallback: "give ALPNProtocols",
  pskCallback: "leave it out",
  secureProtocol: "give minVersion and maxVersion",
  ticketKeys: "leave it out: all cores share keys, which change by themselves",
};

// Protocols that any server speaks; which of them one does is for Rust to say.
const SPOKEN = ["h2", "http/1.1", "http/1.0"];

// What is agreed upon before anybody knows which host a client wants.
const SHARED = [
  "ca",
  "caFile",
  "requestCert",
  "rejectUnauthorized",
  "ALPNProtocols",
  "minVersion",
  "maxVersion",
];

// Names the file of what Bun.file gives; undefined: it is none.
let fileName = () => undefined;

function connectFiles(read) {
  fileName = read;
}

// What the options say about TLS, as `op_howth_listen` takes it; null: nothing. `cert` and `key` may stand among them as
// well, as Deno has it.
function readTls({ tls, cert, key }, name = "Howth.serve") {
  if (!isGiven(tls)) {
    return isGiven(cert) || isGiven(key) ? readEntries([{ cert, key }], name) : null;
  }
  if (typeof tls !== "object") {
    throw new TypeError(`${name}: \`tls\` must be an object, { cert, key }, or an array of such`);
  }
  const entries = ArrayIsArray(tls) ? tls : [tls];
  // Bun takes an object that says nothing for none. One that says anything is never a server in clear.
  return entries.some(saysAnything) ? readEntries(entries, name) : null;
}

function saysAnything(entry) {
  return isGiven(entry) && (typeof entry !== "object" || ObjectValues(entry).some(isGiven));
}

function readEntries(entries, name) {
  const identities = entries.map((entry) => readIdentity(entry, entries.length > 1, name));
  const [first] = entries;
  for (const entry of entries) shareWith(first, entry, name);
  return {
    identities,
    ca: authorities(first, name),
    requestCert: Boolean(first.requestCert),
    rejectUnauthorized: first.rejectUnauthorized !== false,
    protocols: protocolsOf(first.ALPNProtocols, name),
    versionMin: versionOf(first.minVersion, "minVersion", 12, name),
    versionMax: versionOf(first.maxVersion, "maxVersion", 13, name),
  };
}

function authorities({ ca, caFile }, name) {
  const all = materials(ca ?? caFile, "ca", !isGiven(ca), name);
  // Who trusts nobody has not asked for everybody whom browsers trust.
  if (all.length === 0 && (isGiven(ca) || isGiven(caFile))) {
    throw new TypeError(
      `${name}: \`tls.ca\` is empty; give certificates, or leave it out to trust those whom browsers trust`,
    );
  }
  return all;
}

function shareWith(first, entry, name) {
  for (const option of SHARED) {
    if (isGiven(entry[option]) && !isSame(entry[option], first[option])) {
      throw new TypeError(
        `${name}: \`tls.${option}\` counts for all hosts; give it to the first of several \`tls\``,
      );
    }
  }
}

function isSame(one, other) {
  if (!ArrayIsArray(one) || !ArrayIsArray(other)) return one === other;
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

function readIdentity(entry, isOneOfSeveral, name) {
  if (typeof entry !== "object" || entry === null) {
    throw new TypeError(`${name}: \`tls\` must have objects, { cert, key }`);
  }
  refuse(entry, name);
  const serverName = entry.serverName ?? entry.servername;
  if (isOneOfSeveral && (typeof serverName !== "string" || serverName === "")) {
    throw new TypeError(`${name}: each of several \`tls\` needs a serverName, a string`);
  }
  let { key, passphrase } = entry;
  // Node's users may give the passphrase with its key.
  const [only] = ArrayIsArray(key) ? key : [key];
  if (isPlain(only) && "pem" in only) {
    key = only.pem;
    passphrase = only.passphrase ?? passphrase;
  }
  const cert = materials(said(entry.cert, entry.certFile), "cert", !isSaid(entry.cert), name);
  const keys = materials(said(key, entry.keyFile), "key", !isSaid(key), name);
  if (cert.length === 0 || keys.length === 0) {
    throw new TypeError(`${name}: \`tls\` needs both cert and key, in PEM`);
  }
  if (keys.length > 1) {
    throw new TypeError(
      `${name}: \`tls.key\` must be one key; give each certificate with its own, by serverName`,
    );
  }
  return {
    cert,
    key: keys,
    passphrase: passphrase === undefined || passphrase === null ? null : String(passphrase),
    serverNames: typeof serverName === "string" && serverName !== "" ? [serverName] : [],
  };
}

function refuse(entry, name) {
  for (const option in REFUSED) {
    if (entry[option] !== undefined && entry[option] !== null) {
      throw new TypeError(`${name}: \`tls.${option}\` is not supported; ${REFUSED[option]}`);
    }
  }
}

// A string, bytes, a file, or several of them, as `{ text }` or `{ file }`.
function materials(given, option, isPath, name) {
  if (given === undefined || given === null || given === false) return [];
  const all = ArrayIsArray(given) ? given : [given];
  return all.map((each) => {
    const file = isPath && typeof each === "string" ? each : fileName(each);
    if (file !== undefined) return { file, text: null };
    if (typeof each === "string") {
      if (!StringPrototypeIncludes(each, "-----BEGIN")) {
        throw new TypeError(
          `${name}: \`tls.${option}\` must be PEM itself, and not the name of a file; read it, or give ${option}File`,
        );
      }
      return { file: null, text: each };
    }
    if (ArrayBufferIsView(each) || each instanceof ArrayBuffer) {
      return { file: null, text: new TextDecoder().decode(each) };
    }
    throw new TypeError(`${name}: \`tls.${option}\` must be a string, bytes or a file, in PEM`);
  });
}

function isGiven(value) {
  return value !== undefined && value !== null && value !== false;
}

// An empty text is what an environment variable without a value gives.
function isSaid(material) {
  return isGiven(material) && material !== "";
}

function said(material, file) {
  return [material, file].find(isSaid);
}

function isPlain(value) {
  return typeof value === "object" && value !== null && !ArrayBufferIsView(value);
}

function protocolsOf(given, name) {
  const protocols = namesOf(given, name);
  const unknown = protocols?.find((each) => !SPOKEN.includes(each));
  if (unknown !== undefined) {
    throw new TypeError(
      `${name}: \`tls.ALPNProtocols\` names "${unknown}", which howth does not speak; name "h2" or "http/1.1"`,
    );
  }
  return protocols;
}

// Names of protocols; Node also takes them in the form of the wire.
function namesOf(given, name) {
  if (given === undefined || given === null) return null;
  if (ArrayIsArray(given)) return given.map((each) => String(each));
  if (ArrayBufferIsView(given)) {
    const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    const protocols = [];
    for (let at = 0; at < bytes.length; at += 1 + bytes[at]) {
      protocols.push(new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + bytes[at])));
    }
    return protocols;
  }
  if (typeof given === "string") return given.split(",").map((each) => each.trim());
  throw new TypeError(`${name}: \`tls.ALPNProtocols\` must be an array of names`);
}

function versionOf(given, option, otherwise, name) {
  if (given === undefined || given === null) return otherwise;
  if (!Object.hasOwn(VERSIONS, given) || (option === "maxVersion" && given < "TLSv1.2")) {
    throw new TypeError(`${name}: \`tls.${option}\` must be "TLSv1.2" or "TLSv1.3"`);
  }
  return VERSIONS[given];
}

export { connectFiles, readTls };
