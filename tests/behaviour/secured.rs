//! Nothing is served in clear in spite of `--tls-cert` and its like: workers of node:cluster speak TLS, and what Deno's code would
//! serve is an error.

use crate::support::tls::pair;
use crate::support::{Engine, Launch, printed};

on_both_engines![
    workers_of_a_cluster_speak_tls,
    what_would_speak_in_clear_is_an_error,
    what_cannot_listen_says_why,
];

fn workers_of_a_cluster_speak_tls(engine: Engine) {
    let pair = pair(|_| {});
    let program = "
        const cluster = require('node:cluster');
        const { readFileSync } = require('node:fs');
        const http = require('node:http');
        const https = require('node:https');
        const got = (module, options) => new Promise((resolve, reject) => {
            const request = module.get({ host: '127.0.0.1', agent: false, ...options }, async (response) => {
                let text = '';
                for await (const chunk of response) text += chunk;
                resolve([response.statusCode, text]);
            });
            request.on('error', reject);
        });
        if (cluster.isPrimary) {
            const worker = cluster.fork({ HOWTH_URING: process.env.WORKERS_URING });
            worker.once('listening', async ({ port }) => {
                const ca = readFileSync(`${__dirname}/cert.pem`);
                console.log(...await got(https, { port, ca, servername: 'localhost' }));
                const [status, said] = await got(http, { port });
                console.log(status, said.includes('HTTPS'));
                worker.disconnect();
            });
            worker.once('exit', (code) => console.log('exit', code, cluster.settings.execArgv.length));
        } else {
            http.createServer((_, response) => response.end(`worker ${process.execArgv.length}`)).listen(0, '127.0.0.1');
        }
    ";
    let launch = Launch::run(engine, "")
        .file("app.cjs", program)
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key)
        .entry("app.cjs")
        .environment("WORKERS_URING", engine.option().trim_start_matches("--uring="));
    let folder = launch.folder().to_owned();
    let options = [
        "--tls-cert".into(),
        folder.join("cert.pem").into_os_string(),
        "--tls-key".into(),
        folder.join("key.pem").into_os_string(),
    ];
    printed(
        &launch.options(options).finish(),
        "200 worker 0\n400 true\nexit 0 0",
    );
}

fn what_would_speak_in_clear_is_an_error(engine: Engine) {
    let program = "
        const http = require('node:http');
        const http2 = require('node:http2');
        const net = require('node:net');
        const { Worker } = require('node:worker_threads');
        const listening = (server, ...given) => new Promise((resolve) => {
            server.once('error', (error) => resolve(`${error.message} ${server.listening}`));
            server.listen(...given, () => resolve('listens'));
        });
        const inThread = (code) => new Promise((resolve) => {
            const head = 'const say = (text) => require(\"node:worker_threads\").parentPort.postMessage(text);';
            new Worker(head + code, { eval: true }).once('message', resolve);
        });
        (async () => {
            const lines = [
                await listening(http.createServer({ insecureHTTPParser: true }), 0),
                await listening(http.createServer(), { port: 0, reusePort: true }),
                await listening(http2.createServer(), 0),
                await inThread('require(\"node:http\").createServer().on(\"error\", (e) => say(e.message)).listen(0);'),
                await inThread('try { Deno.serve({ port: 0 }, () => {}) } catch (e) { say(e.message) }'),
                await listening(net.createServer(), 0),
                await listening(http.createServer(), 0),
            ];
            try {
                Deno.serve({ port: 0, reusePort: true }, () => {});
            } catch (error) {
                lines.push(error.message);
            }
            console.log(lines.join('\\n'));
            process.exit();
        })();
    ";
    let finished = Launch::run(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .options(["--tls-self-signed"])
        .finish();
    let asked = "speaks no TLS, which --tls-self-signed asks for;";
    let expected = [
        format!("A server of node:http with insecureHTTPParser {asked} leave that out false"),
        format!(
            "A server of node:http at a handle, or with other options {asked} \
             listen at a port or a path alone false"
        ),
        format!(
            "A server of node:http2 without a certificate of its own {asked} \
             serve by Howth.serve, which speaks HTTP/2 as well false"
        ),
        format!("A server of node:http in a worker {asked} listen in the main thread"),
        format!("Deno.serve in a worker {asked} call it in the main thread"),
        "listens".to_owned(),
        "listens".to_owned(),
        format!(
            "Deno.serve with these options {asked} \
             leave out cid, tunnel, automaticCompression and reusePort, and listen at a port or a path"
        ),
    ];
    printed(&finished, &expected.join("\n"));
}

fn what_cannot_listen_says_why(engine: Engine) {
    let program = "
        const http = require('node:http');
        const net = require('node:net');
        const taken = net.createServer().listen(0, '127.0.0.1', () => {
            const { port } = taken.address();
            http.createServer().on('error', (error) => {
                console.log(error.code, error.port === port);
                process.exit();
            }).listen(port, '127.0.0.1');
        });
    ";
    let finished = Launch::run(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .options(["--tls-self-signed"])
        .finish();
    printed(&finished, "EADDRINUSE true");
}
