// Added to ext:deno_node/_tls_wrap.js.
// The engine has spoken TLS on its own connections before anybody hears of them.
{
  const shakeHands = tlsConnectionListener;
  tlsConnectionListener = function tlsConnectionListener(rawSocket) {
    const isServed = __bootstrap.internals.howthNodeHttp?.isServed(rawSocket);
    if (!isServed) FunctionPrototypeCall(shakeHands, this, rawSocket);
  };
}
