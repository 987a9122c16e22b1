//! Streams whose clients have left: what they throw then costs nobody but themselves.

use crate::support::{Engine, Launch, request};
use crate::uncaught::told;

on_both_engines![
    a_stream_whose_client_has_left_may_throw,
    streams_of_any_class_may_throw_when_they_are_cancelled,
];

fn a_stream_whose_client_has_left_may_throw(engine: Engine) {
    for script in [false, true] {
        let source = "
            let failed = 0;
            const options = { port: 0, hostname: '127.0.0.1' };
            const fetch = (request: Request) => {
                if (!request.url.endsWith('/stream')) return new Response(String(failed));
                let isCancelled = false;
                return new Response(new ReadableStream({
                    start(controller) {
                        const timer = setInterval(() => {
                            if (isCancelled) {
                                clearInterval(timer);
                                failed++;
                            }
                            controller.enqueue(new Uint8Array(1000));
                        }, 1);
                    },
                    cancel() { isCancelled = true; },
                }));
            };
            Howth.serve(options, fetch);
        ";
        let launch = match script {
            true => Launch::run(engine, source),
            false => Launch::serve(engine, source),
        };
        let server = launch.start();
        for number in 1..6 {
            let mut client = server.connect();
            client.send(request("GET", "/stream"));
            client.chunk_after_head();
            drop(client);
            let wanted = number.to_string();
            crate::support::eventually("an exception", || server.get("/").text() == wanted);
        }
        server.wait_for_output("howth: uncaught exception: TypeError: ");
        assert!(told(&server, "uncaught exception") <= 5, "{}", server.stderr());
    }
}

fn streams_of_any_class_may_throw_when_they_are_cancelled(engine: Engine) {
    // Each client that leaves is told of together with requests of others, which are answered.
    let server = Launch::serve(
        engine,
        "
        class Odd extends ReadableStream {
            kind: string;
            constructor(kind: string) {
                super({ async pull(controller) {
                    await new Promise((resolve) => setTimeout(resolve, 1));
                    controller.enqueue(new Uint8Array(1000));
                } });
                this.kind = kind;
            }
            getReader(): any {
                const reader: any = super.getReader();
                if (this.kind === '/none') return { read: () => reader.read() };
                if (this.kind === '/throws') reader.cancel = () => { throw new Error('on purpose'); };
                if (this.kind === '/number') reader.cancel = () => 1;
                if (this.kind === '/rejects') reader.cancel = () => Promise.reject(new Error('on purpose'));
                return reader;
            }
        }
        export default (request: Request) => {
            const { pathname } = new URL(request.url);
            return new Response(pathname === '/' ? 'hi' : new Odd(pathname));
        };
    ",
    )
    .start();
    for kind in ["/none", "/throws", "/number", "/rejects"] {
        for _ in 0..4 {
            let mut leaving = server.connect();
            leaving.send(request("GET", kind));
            leaving.chunk_after_head();
            let mut others: Vec<_> = (0..4).map(|_| server.connect()).collect();
            drop(leaving);
            for other in &mut others {
                other.send(request("GET", "/"));
            }
            for other in &mut others {
                assert_eq!(other.response().text(), "hi", "{kind}");
            }
        }
    }
}
