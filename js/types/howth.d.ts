// Type declarations of howth: what an application exports and the global `Howth`.
//
// In a project: `howth init` writes this file. Else copy it or point at it, with `"types"` in tsconfig.json or
// /// <reference path="…/howth.d.ts" />. Request, Response and the rest of the platform come from lib.dom.

/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="dom.asynciterable" />
/// <reference lib="esnext.disposable" />

declare namespace Howth {
  /** Version of howth, as `howth --version` prints it. */
  const version: string;

  /**
   * Answers one request. What it returns, or resolves to, must be a `Response`, or have what one has: `status`, `headers`
   * and a body (those of other packages' classes do); nothing where the request became a WebSocket. `request.url` is
   * serialised as the URL standard says.
   */
  type Handler = (
    request: Request,
    server: RequestServer,
    context: Context,
  ) => Response | undefined | Promise<Response | undefined>;

  /**
   * The query of a request as `URLSearchParams` reads it, without its URL being parsed, and no further than it is asked for.
   */
  function query(request: Request): Query;

  interface Query extends Iterable<[string, string]> {
    /** The first value of a name. */
    get(name: string): string | null;
    /** All values of a name, in their order. */
    getAll(name: string): string[];
    /** Whether a name is there; with a value, whether it is any of the values of the name. */
    has(name: string, value?: string): boolean;
    entries(): Iterator<[string, string]>;
    /** The query as it was sent, without the question mark. */
    toString(): string;
  }

  /** Makes the response to a request whose handler threw or rejected. */
  type ErrorHandler = (error: unknown) => Response | Promise<Response>;

  /** What a module may export as its default: a handler, or an object that holds one. */
  type Application = Handler | ApplicationObject;

  /** `export default { … } satisfies Howth.ApplicationObject`; `--port`, `--host` and `--unix` win over it. */
  type ApplicationObject = ServeOptions &
    (
      | {
          /** Answers every request that has no route. */
          fetch: Handler;
        }
      | { routes: Routes }
    );

  /**
   * What answers under which path, in the shape of Bun's `routes`. `"/users/:id"` takes one segment, which the handler
   * finds in `request.params`; `"/files/*"` takes whatever follows. An exact path wins over one with parameters, and that
   * over one with `*`. Routes are matched, and a `Response` is sent, without a call of JavaScript. Paths are
   * compared as `request.url` has them: `"/x/../admin"` is a request for `"/admin"`, and `"/café"` a route for
   * `"/caf%C3%A9"`.
   */
  type Routes = Record<string, RouteTarget | Partial<Record<Method, RouteTarget>>>;

  /**
   * A `Response` answers GET and HEAD, again and again. Its body must be whole: text, bytes, `Blob`, `FormData`,
   * `URLSearchParams`, but no stream. `Howth.dir` answers with the files of a folder, `Howth.file` with one file,
   * `Howth.redirect` leads elsewhere, `Howth.error` refuses, all without a call of JavaScript. `Howth.headers`, `Howth.cors` and
   * `Howth.rateLimit` are around any of them, and around one another: docs/routes.md.
   */
  type RouteTarget =
    | Response
    | RouteHandler
    | CachedHandler
    | Folder
    | FileBlob
    | Redirect
    | Layered;

  /** What layers are around. */
  type LayerTarget = RouteTarget | Partial<Record<Method, RouteTarget>>;

  type Method = "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH";

  /** A request that was found by its route. */
  interface RoutedRequest extends Request {
    /** The segments that stand for `:name` in the route, decoded. */
    readonly params: Readonly<Record<string, string>>;
  }

  type RouteHandler = (
    request: RoutedRequest,
    server: RequestServer,
    context: Context,
  ) => Response | undefined | Promise<Response | undefined>;

  /** The third argument of a handler. */
  interface Context {
    /** Keeps a drain waiting for `promise`, which may go on after the response was sent. A rejection is logged. */
    waitUntil(promise: Promise<unknown>): void;
    /** Does nothing: of Cloudflare's, where an error is the server's behind it to answer. */
    passThroughOnException(): void;
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
    /** Where a request, or one that it is a copy of, came from; null once it is answered, or over a Unix-domain socket. */
    requestIP(request: Request): SocketAddress | null;
    /**
     * Gives this request its own deadline in seconds, for its handler and for silence on its connection;
     * 0 switches both off.
     */
    timeout(request: Request, seconds: number): void;
    /**
     * Tells the browser what to load while the handler makes its response, by `103 Early Hints`: links such as
     * `</style.css>; rel=preload; as=style`. False: the response was begun, or the request is over. What a client of HTTP/1.0
     * cannot be told is left out. Throws a `TypeError` for what is no link.
     */
    earlyHints(request: Request, links: string | Iterable<string>): boolean;
    /**
     * `Howth.publish`, as Bun spells it. A server with `websocket` gives the bytes of a text or bytes, or 0 if nobody hears the topic;
     * `compress`: for sockets that have agreed to it.
     */
    publish(topic: string, data: Cloneable, compress?: boolean): number;
    /** How many WebSockets of all cores hear a topic. */
    subscriberCount(topic: string): number;
    /** `Howth.subscribe`. */
    subscribe(topic: string, listener: Listener): Subscription;
    /**
     * Makes a request a WebSocket, whose handlers are `websocket`; the handler of the request then returns nothing. False: it
     * asks for none, and is to be answered.
     */
    upgrade(request: Request, options?: { data?: unknown; headers?: HeadersInit }): boolean;
    /** WebSockets of this core. */
    readonly pendingWebSockets: number;
    /** Undoes `unref()`. */
    ref(): void;
    /** Lets the process end although the server listens. */
    unref(): void;
  }

  /** A WebSocket, in Bun's shape. Sending gives the number of bytes, -1 if more had better wait for `drain`, 0 if it was dropped. */
  interface ServerWebSocket<Data = unknown> extends Disposable {
    /** What `server.upgrade` was given. */
    data: Data;
    readonly remoteAddress: string;
    /** 1: open; 2: closing; 3: closed. */
    readonly readyState: number;
    /** What messages that are bytes are given as; "nodebuffer" by default. */
    binaryType: "nodebuffer" | "arraybuffer" | "uint8array";
    readonly subscriptions: string[];
    send(data: string | BufferSource, compress?: boolean): number;
    sendText(data: string | BufferSource, compress?: boolean): number;
    sendBinary(data: BufferSource, compress?: boolean): number;
    ping(data?: string | BufferSource): number;
    pong(data?: string | BufferSource): number;
    /** To all other sockets that hear the topic, on every core. */
    publish(topic: string, data: string | BufferSource, compress?: boolean): number;
    publishText(topic: string, data: string, compress?: boolean): number;
    publishBinary(topic: string, data: BufferSource, compress?: boolean): number;
    subscribe(topic: string): void;
    unsubscribe(topic: string): void;
    isSubscribed(topic: string): boolean;
    /** Calls the function: what is sent in one turn leaves together anyway. */
    cork<Result>(callback: (socket: ServerWebSocket<Data>) => Result): Result;
    /** Bytes that the client has not taken. */
    getBufferedAmount(): number;
    close(code?: number, reason?: string): void;
    /** Ends it without a word. */
    terminate(): void;
  }

  /** What a server does with its WebSockets; see docs/websockets.md. */
  interface WebSocketHandlers<Data = unknown> {
    open?(socket: ServerWebSocket<Data>): unknown;
    message?(
      socket: ServerWebSocket<Data>,
      message: string | Uint8Array<ArrayBuffer> | ArrayBuffer,
    ): unknown;
    /** There is room again for what is sent. */
    drain?(socket: ServerWebSocket<Data>): unknown;
    close?(socket: ServerWebSocket<Data>, code: number, reason: string): unknown;
    ping?(socket: ServerWebSocket<Data>, data: Uint8Array<ArrayBuffer> | ArrayBuffer): unknown;
    pong?(socket: ServerWebSocket<Data>, data: Uint8Array<ArrayBuffer> | ArrayBuffer): unknown;
    /** Bytes of a message; 16 MiB by default. */
    maxPayloadLength?: number;
    /** Unsent bytes beyond which messages are dropped; 16 MiB by default. */
    backpressureLimit?: number;
    closeOnBackpressureLimit?: boolean;
    /** Seconds of silence; 120 by default, 0 for ever. */
    idleTimeout?: number;
    sendPings?: boolean;
    perMessageDeflate?: boolean | object;
    publishToSelf?: boolean;
  }

  /**
   * Has fields sent behind the body of a response, chunked over HTTP/1.1: given, or by a function that is called once the body
   * has come to its end. Gives the response.
   */
  function setTrailers<R extends Response>(
    response: R,
    trailers: HeadersInit | (() => HeadersInit | Promise<HeadersInit>),
  ): R;

  /** The fields that came behind a request's body; none before it was read to its end. */
  function trailers(request: Request): Headers;

  /** Opens a WebSocket of the Web's shape once the handler returns the response. */
  function upgradeWebSocket(
    request: Request,
    options?: { protocol?: string; idleTimeout?: number },
  ): { socket: WebSocket; response: Response };

  /** What `Howth.serve` gives. */
  interface Server extends ServerBase, AsyncDisposable {}

  /** What a handler is handed as its second argument: the server, and what Deno tells of a request. */
  interface RequestServer extends ServerBase {
    /** Where this request came from. */
    readonly remoteAddr: Address;
    /** What was agreed upon with the client; null: it speaks in clear. */
    readonly tls: TlsFacts | null;
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
    /** What answers under which path; `fetch` answers the others, else they get 404. */
    routes?: Routes;
    /** The same for Responses alone, as Bun called it before. */
    static?: Record<string, Response>;
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
    /** WebSockets, as Bun has them. */
    websocket?: WebSocketHandlers;
    /** TLS; of an array each has a `serverName`. `--tls-cert` and its like win. */
    tls?: TlsOptions | TlsOptions[];
  }

  /** PEM: text, bytes, a file of `Bun.file`, or several of them. */
  type Pem = string | BufferSource | Blob | (string | BufferSource | Blob)[];

  /** What is said about TLS, in the shapes of Bun and Node. */
  interface TlsOptions {
    /** The server's certificate, and behind it those it was issued by. */
    cert?: Pem;
    /** The certificate's private key. */
    key?: Pem;
    /** The same in files, which may change: new connections begin with what is in them then. */
    certFile?: string | string[];
    keyFile?: string | string[];
    /** What the key is encrypted with. */
    passphrase?: string;
    /** The host that it is for; it may begin with `*.`. */
    serverName?: string;
    /** Who issues clients' certificates. Default: those whom browsers trust. */
    ca?: Pem;
    caFile?: string | string[];
    /** Whether clients are asked for a certificate. */
    requestCert?: boolean;
    /** Whether a client that was asked and has none that is trusted is turned away. Default: true. */
    rejectUnauthorized?: boolean;
    minVersion?: "TLSv1.2" | "TLSv1.3";
    maxVersion?: "TLSv1.2" | "TLSv1.3";
    /** Protocols within, the most wanted first. */
    ALPNProtocols?: string[];
  }

  /** What was agreed upon with the client of a request. */
  interface TlsFacts {
    readonly version: "TLSv1.2" | "TLSv1.3";
    /** OpenSSL's name. */
    readonly cipher: string;
    readonly cipherStandard: string;
    readonly alpnProtocol: string | null;
    /** The host that the client has asked for. */
    readonly serverName: string | null;
    /** The client was asked for a certificate, and its is trusted. */
    readonly authorized: boolean;
    /** Why it is not, in OpenSSL's words; null also where it was not asked. */
    readonly authorizationError: string | null;
    /** An earlier session was taken up again. */
    readonly resumed: boolean;
    /** The client's certificate and those behind it, in DER. */
    readonly peerCertificates: readonly Uint8Array[];
  }

  /** A handler under either of its names. */
  type Handlers = {
    error?: ErrorHandler;
    onError?: ErrorHandler;
    development?: boolean;
    websocket?: WebSocketHandlers;
  } & ({ fetch: Handler } | { handler: Handler } | { routes: Routes });

  /** A folder as a route, of `Howth.dir`. */
  interface Folder {
    readonly [folder]: true;
  }

  const folder: unique symbol;

  /** How a folder is served. */
  interface FolderOptions {
    /** The file that stands for its folder. Default: `"index.html"`; false: a folder is not found. */
    index?: string | false;
    /** The file, by its path in the folder, that is sent for what is not in it, to who accepts `text/html`. */
    fallback?: string;
    /** Whether a file beside, with `.br`, `.zst` or `.gz` behind its name, is sent to who prefers that. Default: true. */
    compressed?: boolean;
    /** Whether names that begin with a dot are served. Default: false; `.well-known` always is. */
    dotFiles?: boolean;
    /** The field `cache-control`: of all files, or by patterns of their paths, such as `"assets/**"`; the first counts. */
    cacheControl?: string | Record<string, string>;
    /** What is not in the folder is answered as if there were no route. Default: false, 404. */
    next?: boolean;
  }

  /**
   * The files of a folder, as a route with a `*`: `{ routes: { "/assets/*": Howth.dir("dist/assets") } }`. With `ETag`,
   * conditional requests and ranges: docs/files.md. The folder is opened when the server listens.
   */
  function dir(path: string | URL, options?: FolderOptions): Folder;

  /** A redirect as a route, of `Howth.redirect`. */
  interface Redirect {
    readonly [redirected]: true;
  }

  const redirected: unique symbol;

  /**
   * Leads elsewhere, by every method: to a path, or a URL of http: or https:. `:name` and `*` of the route's path stand in it as
   * they came, encoded; not in the host. The request's query is passed on, unless `to` has one or `query` is false.
   */
  function redirect(
    to: string | URL,
    status?: 301 | 302 | 303 | 307 | 308,
    options?: { query?: boolean },
  ): Redirect;

  /**
   * A response with the body `{"detail": …}`, which is the registered reason unless it is given; 400 to 599. As a route it
   * answers every method.
   */
  function error(status: number, detail?: Cloneable): Response;

  /** A target with a layer around it. */
  interface Layered {
    readonly [layered]: true;
  }

  const layered: unique symbol;

  /**
   * Fields of every response of the target, unless the response has them itself; null leaves one out. What is further within
   * wins.
   */
  function headers(fields: Headers | Record<string, string | null>, target: LayerTarget): Layered;

  /**
   * `Howth.headers` with what most pages are served with: `cross-origin-opener-policy: same-origin`,
   * `cross-origin-resource-policy: same-origin`, `referrer-policy: strict-origin-when-cross-origin`,
   * `strict-transport-security: max-age=31536000`, `x-content-type-options: nosniff`, `x-frame-options: SAMEORIGIN`.
   */
  function securityHeaders(target: LayerTarget, overrides?: Record<string, string | null>): Layered;

  interface CorsOptions {
    /**
     * Whose pages may read responses. Default: `"*"`, all. Origins as browsers send them, `"https://example.com"`, also with
     * `*` for labels of the host and for the port, `"https://*.example.com"`, `"http://localhost:*"`; or `"reflect"`:
     * whoever asks.
     */
    origin?: string | string[];
    /** Default: GET, HEAD, PUT, PATCH, POST, DELETE. */
    methods?: string | string[];
    /** Default: those that are asked for. */
    allowedHeaders?: string | string[];
    /** Fields of responses that pages may read beside the usual ones. Default: none. */
    exposedHeaders?: string | string[];
    /** Whether requests may come with cookies; not with the origin `"*"`. Default: false. */
    credentials?: boolean;
    /** For how many seconds a browser keeps the answer to a preflight. Default: its own, five seconds. */
    maxAge?: number;
  }

  /** Cross-origin resource sharing; preflights are answered without a call of JavaScript. */
  function cors(options: CorsOptions, target: LayerTarget): Layered;

  interface RateLimitOptions {
    /** `"100/s"`, `"10/m"`, `"1000/h"`. */
    rate: string;
    /** Requests that may come at once. Default: the number of the rate. */
    burst?: number;
    /** By what clients are told apart; who sends no such header or cookie counts by the address. Default: `"address"`. */
    key?: "address" | "route" | { header: string } | { cookie: string };
    /** Routes with the same name count together. Default: each counts for itself. */
    name?: string;
    /** Clients that are known at once, 100 to 10,000,000. Default: 10,000. */
    keys?: number;
  }

  /** How often each client may ask, on all cores together; beyond it 429, without a call of JavaScript. */
  function rateLimit(options: RateLimitOptions, target: LayerTarget): Layered;

  /** A handler whose responses are kept, of `Howth.cache`. */
  interface CachedHandler {
    readonly [cachedHandler]: true;
  }

  const cachedHandler: unique symbol;

  /** How responses are kept. Times are seconds. */
  interface CacheOptions {
    /** For how long a response is fresh; `"response"`: as its `s-maxage` or `max-age` says. */
    ttl: number | "response";
    /** For how long after that it is given while one request makes a new one. Default: 0. */
    staleWhileRevalidate?: number;
    /** For how long after `ttl` it is given in the place of 500, 502, 503 and 504. Default: 0. */
    staleIfError?: number;
    /** Fields of requests for whose values responses are kept apart. With `"cookie"`, requests with cookies are answered so too. */
    vary?: string[];
    /** What counts of the query: all of it, or parameters of these names. Default: true. */
    query?: true | string[];
    /** Bytes of a response that is kept. Default: 1 MiB; at most a thirty-second of `--cache-bytes`. */
    maxBytes?: number;
    /** What all of its responses are tagged with; further ones are a response's field `Cache-Tag`. */
    tags?: string[];
    /** For how long a request waits for the response to another. Default: 5. */
    maxWait?: number;
  }

  /** What `Howth.cache.purge` forgets: a path and query, a path whatever the query, or what has a tag. */
  type CachePurge = { url: string | URL } | { path: string } | { tag: string };

  interface CacheStats {
    /** Those that are over or were purged are counted until they are asked for, or their memory is wanted. */
    readonly entries: number;
    /** Of all entries, and of streams that are being gathered. */
    readonly bytes: number;
    /** The bound: `--cache-bytes`. */
    readonly maxBytes: number;
    /** Requests of all cores that were answered with what is kept. */
    readonly hits: number;
    /** Requests that were given to handlers because nothing was kept. */
    readonly misses: number;
    /** Requests that waited for the response to another. */
    readonly waited: number;
  }

  /**
   * A handler as a route, whose responses to GET and HEAD are kept in memory that all cores share, and given again without a
   * call of JavaScript: `{ routes: { "/": Howth.cache(home, { ttl: 60 }) } }`. Not kept are responses that set a cookie or
   * forbid it, and nothing is for requests with `Authorization` or `Cookie`: docs/cache.md.
   */
  function cache(handler: RouteHandler, options: CacheOptions): CachedHandler;

  namespace cache {
    /** Forgets what is kept, on all cores; a response that is being made is not kept either. */
    function purge(what: CachePurge): Promise<void>;
    /** Forgets everything. */
    function clear(): void;
    function stats(): CacheStats;
  }

  /** A file that is read when it is needed. */
  type FileBlob = Blob;

  /**
   * A file: as a route, with what `Howth.dir` has; as the body of a `Response`, which the engine sends by itself, with one
   * range; or to be read, as any `Blob`.
   */
  function file(path: string | URL, options?: { type?: string }): FileBlob;

  /**
   * An event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html); a text is the data of one that has
   * nothing else. A line break in `event` or `id`, or NUL, is a TypeError.
   */
  type ServerSentEvent =
    | string
    | {
        /** Its type, for `addEventListener`. Default: `"message"`. */
        event?: string;
        /** A text, whose lines stay lines, or what is sent as JSON. Without it, and without `event`, the client hears nothing. */
        data?: unknown;
        /** What the client says in `Last-Event-ID` when it comes back. */
        id?: string | number;
        /** Milliseconds after which the client is to come back, from now on. */
        retry?: number;
      };

  /**
   * Why a stream of events is over: the application has closed it; the client has left, or the server ends; the client has
   * taken too little; what had sent the events has thrown.
   */
  type EventStreamEnd = "closed" | "disconnected" | "behind" | "failed";

  /** A stream of events to one client, as the function of `eventStream` is given it. */
  class EventStream {
    private constructor();
    /**
     * Sends an event. False: the client has not taken what was sent before (`ready` tells when it has), or the stream is over.
     */
    send(event: ServerSentEvent): boolean;
    /** Sends a comment, which clients ignore. */
    comment(text: string): boolean;
    /** Ends the stream; a browser comes back after a while. */
    close(): void;
    /** Resolves when the client has taken most of what was sent, or the stream is over. */
    readonly ready: Promise<void>;
    /** Resolves with the reason when the stream is over; never rejects. */
    readonly closed: Promise<EventStreamEnd>;
    /** `Last-Event-ID` of the request: the client comes back; null: it comes for the first time. */
    readonly lastEventId: string | null;
    /** Aborted when the stream is over. */
    readonly signal: AbortSignal;
  }

  interface EventStreamOptions {
    /** Seconds between comments that show that the stream lives; false: none. Default: 15. */
    heartbeat?: number | false;
    /** The stream is ended when an event is sent while more bytes than these wait for the client. Default: 1 MiB. */
    maxBufferedBytes?: number;
    /** Header fields of the response, besides its own or in their place. */
    headers?: HeadersInit;
  }

  /**
   * A response of server-sent events: `callback` is called when the client can be sent to. Where it returns a promise, the end of
   * that is the end of the stream; else the stream is open until `close()`, or until the client leaves. docs/server-sent-events.md.
   */
  function eventStream(
    request: Request,
    callback: (stream: EventStream) => void | Promise<void>,
    options?: EventStreamOptions,
  ): Response;

  interface EventChannelOptions {
    /** So many events are kept for clients that come back with `Last-Event-ID`. Events get an id then. Default: 0. */
    history?: number;
    /** Seconds between comments that show that the streams live; false: none. Default: 15. */
    heartbeat?: number | false;
    /** The stream of a listener is ended when an event is sent while more bytes than these wait for it. Default: 1 MiB. */
    maxBufferedBytes?: number;
    /** The channels of this name on all cores are one. Default: the channel is its core's alone. */
    name?: string;
  }

  /** The same events for any number of listeners: each is formatted once. */
  class EventChannel implements Disposable {
    constructor(options?: EventChannelOptions);
    /** The response to a request whose client listens from then on; 204, on which browsers do not come back, once it is closed. */
    subscribe(
      request: Request,
      options?: {
        headers?: HeadersInit;
        /** What the client has seen last. Default: `Last-Event-ID` of the request. */
        lastEventId?: string | null;
      },
    ): Response;
    /** Sends an event to all who listen, and returns how many they are. */
    publish(event: ServerSentEvent): number;
    /** How many listen: on all cores, if the channel has a name. */
    readonly listeners: number;
    /** Ends the streams of this core's listeners; nobody can subscribe any more. */
    close(): void;
    [Symbol.dispose](): void;
  }

  /** `Howth.serve(handler)`, as Deno code writes it. */
  function serve(handler: Handler): Server;
  /** `Howth.serve({ port }, handler)`, as Deno code writes it. */
  function serve(options: ServeOptions, handler: Handler): Server;
  /** `Howth.serve({ port, fetch })` as Bun code writes it, `Howth.serve({ port, handler })` as Deno code does. */
  function serve(options: ServeOptions & Handlers): Server;

  /**
   * `Howth.serve` on the core that calls it alone: no other core runs the application, so that its modules have one
   * state. For what cannot be spread, and for measuring.
   */
  const serveLocal: typeof serve;

  /** What `serveBatch` and `serveArrays` take in the place of a `Response`; cheaper, because nothing of the platform is made. */
  interface PlainResponse {
    /** 200 to 599. Default: 200. */
    status?: number;
    /** Without a `content-type` a text is `text/plain;charset=UTF-8`. */
    headers?: HeadersInit;
    /** Default: empty. */
    body?: string | Uint8Array | ArrayBuffer | null;
  }

  type BatchAnswer = Response | PlainResponse;

  /** Answers one request, with a plain object where a `Response` is more than it needs. */
  type BatchHandler = (
    request: Request,
    server: RequestServer,
    context: Context,
  ) => BatchAnswer | Promise<BatchAnswer>;

  /**
   * `Howth.serve` whose handler may answer with plain objects, `(request) => ({ status: 200, body: "Hi" })`. Of the
   * requests that arrived together, no more than `batchSize` (1 to 1024, default 64) are worked off before their
   * responses are sent; nobody is waited for.
   */
  function serveBatch(
    options: ServeOptions & { batchSize?: number },
    handler: BatchHandler,
  ): Server;

  /** Answers many requests in one call: an array with an answer for each, in their order. */
  type ArrayHandler = (requests: Request[]) => BatchAnswer[] | Promise<BatchAnswer[]>;

  /**
   * Hands the requests that arrived together to the handler together, no more than `batchSize` (1 to 1024, default 64)
   * at a time; nobody is waited for. What the handler throws is the failure of every request in the array.
   * `routes` may have nothing but Responses under paths without parameters; the handler gets all other requests.
   */
  function serveArrays(
    options: ServeOptions & { batchSize?: number },
    handler: ArrayHandler,
  ): Server;

  /** Whatever can be cloned, but undefined. */
  // biome-ignore lint/complexity/noBannedTypes: it is what the comment says.
  type Cloneable = {} | null;

  /** What every core has counted since it started. Numbers of other cores are those of some recent moment. */
  function metrics(): Metrics;

  interface Metrics {
    /** Which entry of `cores` is the core that asks. */
    readonly core: number;
    readonly cores: readonly CoreMetrics[];
  }

  interface CoreMetrics {
    /** Requests its JavaScript was given, including such of other cores. */
    readonly handled: number;
    /** Requests of its connections that other cores were given. */
    readonly handedOver: number;
    /** Requests of other cores that it took. */
    readonly taken: number;
    /** Requests of other cores that it gave back unanswered. */
    readonly givenBack: number;
    /** Requests it refused with 503, because they would have waited longer than `--max-queue-delay`. */
    readonly refused: number;
    /** Handlers that were ended by `--handler-cpu-limit`. */
    readonly ended: number;
    /** How often its engine had to work while JavaScript ran. */
    readonly interruptions: number;
    /** Idle connections it gave to other cores. */
    readonly connectionsGiven: number;
    /** New connections it gave to other cores before a request came, because it was busy or full. */
    readonly connectionsSteered: number;
    /** Connections it took from other cores. */
    readonly connectionsTaken: number;
    /** Connections it has accepted. */
    readonly accepted: number;
    /** Connections that are open. */
    readonly connections: number;
    /** Requests that its engine refused by itself: what breaks a rule, is too large, or comes too slowly. */
    readonly rejected: number;
    /** Connections it closed for the header of the PROXY protocol, which was malformed or did not come. */
    readonly headersRefused: number;
    /** Connections it closed, and requests it refused, of addresses that had as much open as they may. */
    readonly countedOut: number;
    /** Responses that broke off because their file ended before them, or could not be read. */
    readonly filesFailed: number;
    /** Requests that were answered with what `Howth.cache` keeps. */
    readonly cacheHits: number;
    /** Requests that a handler of `Howth.cache` was given because nothing was kept for them. */
    readonly cacheMisses: number;
    /** Requests that waited for the response to another. */
    readonly cacheWaited: number;
    /** How long a request waits for its JavaScript, in microseconds. */
    readonly queueDelayUs: number;
  }

  /** A cache that all cores of the process share. */
  const kv: Kv;

  /**
   * What a program that runs on one core would keep in a variable: in memory, bounded, gone with the process. Every call
   * is answered at once and is atomic. `docs/shared-state.md` tells more.
   */
  interface Kv {
    /** A copy of what is stored; undefined where nothing is. */
    get<Value = unknown>(key: string): Value | undefined;
    /** The same with its version, for `compareAndSet`. */
    getEntry<Value = unknown>(key: string): KvEntry<Value> | undefined;
    /** Whether something is stored. */
    has(key: string): boolean;
    /**
     * Stores a copy of `value`, whatever was there. A `Uint8Array` comes back as one. Throws a `DataCloneError` for what
     * `structuredClone` does not take, and for a `Blob` or a `SharedArrayBuffer`; a `RangeError` for a key above 1 KiB or
     * a value above a sixty-fourth of `--kv-bytes` (1 MiB).
     */
    set(key: string, value: Cloneable, options?: KvOptions): void;
    /**
     * Stores a copy of `value` if the key still has this version, undefined standing for nothing stored, and says whether
     * it did.
     */
    compareAndSet(
      key: string,
      version: number | undefined,
      value: Cloneable,
      options?: KvOptions,
    ): boolean;
    /**
     * Adds `delta` (default: 1) to a number and returns the sum. Where nothing is stored it begins at 0, with the `ttl`
     * given; a number that is there keeps its end. Throws a `TypeError` where something else than a number is stored.
     */
    increment(key: string, delta?: number, options?: KvOptions): number;
    /** Removes what is stored, and says whether there was something. */
    delete(key: string): boolean;
    /** Removes everything. */
    clear(): void;
    /** How many entries there are; those that have ended count until somebody asks for them. */
    readonly size: number;
    /** Bytes of all entries, as `--kv-bytes` counts them: keys, values, and 160 for each. */
    readonly bytes: number;
  }

  interface KvEntry<Value = unknown> {
    value: Value;
    /** Changes whenever the entry does, and never comes again under its key. */
    version: number;
  }

  interface KvOptions {
    /** Milliseconds after which the entry ends. Default: it stays until it has to make room. */
    ttl?: number;
  }

  /**
   * Sends a copy of `data` to the subscribers of a topic on every core, this one included, and returns how many cores get
   * it. Waits for nobody: a core for which 1,024 messages or 4 MiB wait already loses this one. Throws a
   * `DataCloneError` for what cannot be cloned and a `RangeError` for more than 1 MiB.
   */
  function publish(topic: string, data: Cloneable): number;

  /**
   * Calls `listener` for every message of a topic from now on, whichever core it comes from: those of one core in the
   * order in which they were published. What it throws is logged. A subscription keeps no program from ending.
   */
  function subscribe(topic: string, listener: Listener): Subscription;

  /** Subscribers of one core are given the same `data`. */
  // biome-ignore lint/suspicious/noExplicitAny: who subscribes knows what is published.
  type Listener = (data: any, topic: string) => void;

  interface Subscription extends Disposable {
    readonly topic: string;
    /** Messages of this topic that came when there was no room for them, since this core first subscribed to it. */
    readonly lost: number;
    /** Calls the listener no more. */
    unsubscribe(): void;
  }

  /** Answers every request alike, without a call of JavaScript: what the engine can do at most. */
  function serveRustOnly(options?: ServeOptions & { body?: BodyInit } & ResponseInit): Server;
}

/** What `Howth` has for programs of HTTP, to be imported. */
declare module "howth:http" {
  export import cache = Howth.cache;
  export import cors = Howth.cors;
  export import dir = Howth.dir;
  export import error = Howth.error;
  export import EventChannel = Howth.EventChannel;
  export import EventStream = Howth.EventStream;
  export import eventStream = Howth.eventStream;
  export import file = Howth.file;
  export import headers = Howth.headers;
  export import query = Howth.query;
  export import rateLimit = Howth.rateLimit;
  export import redirect = Howth.redirect;
  export import securityHeaders = Howth.securityHeaders;
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
