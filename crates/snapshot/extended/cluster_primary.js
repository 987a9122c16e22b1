// Added to ext:deno_node/internal/cluster/primary.ts.
// What the command line says about TLS is for the workers as well: they serve what this process accepts.
const howthInit = init;
init = function init(cluster) {
  howthInit(cluster);
  const { fork } = cluster;
  cluster.fork = function (env) {
    const own = __bootstrap.internals.howthTls.tlsArguments();
    if (own.length === 0) return fork.call(this, env);
    const execArgv = cluster.settings.execArgv ?? lazyProcess().default.execArgv;
    cluster.settings.execArgv = [...own, ...execArgv];
    try {
      return fork.call(this, env);
    } finally {
      cluster.settings.execArgv = execArgv;
    }
  };
};

