// Type declarations of howth: what an application exports and the global `Howth`.
//
// In a project: copy this file or point at it, with `"types"` in tsconfig.json or
// /// <reference path="…/howth.d.ts" />. Request, Response and the rest of the platform come from lib.dom.

/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="dom.asynciterable" />
/// <reference lib="esnext.disposable" />

declare namespace Howth {
  /** Version of howth, as `howth --version` prints it. */
  const version: string;

  /** Answers one request. What it returns, or resolves to, must be a `Response`. */
  type Handler = (
    request: Request,
    server: RequestServer,
    context: Context,
  ) => Response | Promise<Response>;

  /** Makes the response to a request whose handler threw or rejected. */
  type ErrorHandler = (error: unknown) => Response | Promise<Response>;

  /** What a module may export as its default: a handler, or an object that holds one. */
  type Application = Handler | ApplicationObject;

  /** `export default { … } satisfies Howth.ApplicationObject`; `--port`, `--host` and `--unix` win over it. */
  interface ApplicationObject extends ServeOptions {
    /** Answers every request. */
    fetch: Handler;
  }

  /** The third argument of a handler. */
  interface Context {
    /** Keeps a drain waiting for `promise`, which may go on after the response was sent. A rejection is logged. */
    waitUntil(promise: Promise<unknown>): void;
  }

  /** An address on a TCP network, as Deno writes it. */
  interface NetAddress {
    transport: "tcp";
    hostname: string;
    port: number;
  }

  /** The address of a Unix-domain socket, as Deno writes it. */
  interface UnixAddress {
    transport: "unix";
    path: string;
  }

  type Address = NetAddress | UnixAddress;

  /** A client's address, as Bun writes it. */
  interface SocketAddress {
    address: string;
    family: "IPv4" | "IPv6";
    port: number;
  }

  /** What the server and the second argument of a handler have in common. */
  interface ServerBase {
    /** The TCP port, known also where 0 was asked for; `undefined` on a Unix-domain socket. */
    readonly port: number | undefined;
    /** The address bound; `undefined` on a Unix-domain socket. */
    readonly hostname: string | undefined;
    /** Where a client reaches the server. */
    readonly url: URL;
    /** The address bound, as Deno writes it. */
    readonly addr: Address;
    /** Requests of this core that wait for the end of their response. */
    readonly pendingRequests: number;
    /** Resolves once the server has stopped and its last response is out. */
    readonly finished: Promise<void>;
    /** Whether the answer to a failed request shows the stack: `--dev`, or the option `development`. */
    readonly development: boolean;

    /**
     * Accepts no more and resolves when the last response is out; with `true` the connections are
     * closed at once.
     */
    stop(closeActiveConnections?: boolean): Promise<void>;
    /** The same as `stop()`, as Deno spells it. */
    shutdown(): Promise<void>;
    /** Takes another handler from the next request on; address and port stay. */
    reload(options: Handlers): Server;
    /** Where a request came from; null once it is answered, or over a Unix-domain socket. */
    requestIP(request: Request): SocketAddress | null;
    /**
     * Gives this request its own deadline in seconds, for its handler and for silence on its connection;
     * 0 switches both off.
     */
    timeout(request: Request, seconds: number): void;
    /** For Bun's programs: no connection can be upgraded until WebSockets are served, so this is false. */
    upgrade(request: Request, options?: unknown): false;
    /** For Bun's programs: 0 until WebSockets are served. */
    readonly pendingWebSockets: number;
    /** Undoes `unref()`. */
    ref(): void;
    /** Lets the process end although the server listens. */
    unref(): void;
  }

  /** What `Howth.serve` gives. */
  interface Server extends ServerBase, AsyncDisposable {}

  /** What a handler is handed as its second argument: the server, and what Deno tells of a request. */
  interface RequestServer extends ServerBase {
    /** Where this request came from. */
    readonly remoteAddr: Address;
    /** Resolves when the response is out, rejects when the client went away before. */
    readonly completed: Promise<void>;
  }

  /** Options of `Howth.serve`; the names of Bun and of Deno both. */
  interface ServeOptions {
    /** TCP port, 0 for a free one. Default: `PORT`, else 3000. */
    port?: number | string;
    /** Address to bind. Default: `HOST`, else 0.0.0.0. */
    hostname?: string;
    /** Path of a Unix-domain socket, instead of a port (Bun). */
    unix?: string;
    /** The same (Deno). */
    path?: string;
    /** Stops the server and closes its connections when it is aborted (Deno). */
    signal?: AbortSignal;
    /** Called once the server listens (Deno). */
    onListen?: (address: Address) => void;
    /** Makes the response after a failed handler (Bun). Without it: 500 and no details, the stack on stderr. */
    error?: ErrorHandler;
    /** The same (Deno). */
    onError?: ErrorHandler;
    /** Show the stack of a failed handler to the client. Default: `--dev`. */
    development?: boolean;
  }

  /** A handler under either of its names. */
  type Handlers = { error?: ErrorHandler; onError?: ErrorHandler; development?: boolean } & (
    | { fetch: Handler }
    | { handler: Handler }
  );

  /** `Howth.serve(handler)`, as Deno code writes it. */
  function serve(handler: Handler): Server;
  /** `Howth.serve({ port }, handler)`, as Deno code writes it. */
  function serve(options: ServeOptions, handler: Handler): Server;
  /** `Howth.serve({ port, fetch })` as Bun code writes it, `Howth.serve({ port, handler })` as Deno code does. */
  function serve(options: ServeOptions & Handlers): Server;
}

/** What `import.meta` has besides lib.dom's `url` and `resolve`. */
interface ImportMeta {
  /** Whether the module is the entry file. */
  readonly main: boolean;
  /** The folder of a module from a file. */
  readonly dirname?: string;
  /** The path of a module from a file. */
  readonly filename?: string;
}
