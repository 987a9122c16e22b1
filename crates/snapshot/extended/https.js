// Added to ext:deno_node/https.ts.
__bootstrap.internals.howthNodeHttp?.secureServer(Server);
