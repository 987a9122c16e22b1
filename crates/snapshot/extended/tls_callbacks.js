// Added to ext:deno_node/_tls_wrap.js.
// As in Node, what is thrown by a listener that a handle has called is an uncaught exception. Deno's Rust, which calls these
// functions while it goes through what has come, leaves that to whoever called it: it is lost, or strikes who reads.
{
  const { _init } = TLSSocket.prototype;
  const reporting = (callback) =>
    function () {
      try {
        return FunctionPrototypeApply(callback, this, arguments);
      } catch (error) {
        globalThis.reportError(error);
      }
    };
  TLSSocket.prototype._init = function (socket, wrap) {
    FunctionPrototypeCall(_init, this, socket, wrap);
    const handle = this._handle;
    for (const name of ["onread", "onhandshakedone", "onclienthello", "onerror"]) {
      if (typeof handle?.[name] === "function") handle[name] = reporting(handle[name]);
    }
  };
}
