//! The cases of all engines, run by the portable engine.

use std::future::poll_fn;
use std::sync::mpsc::channel;
use std::task::Poll;

use howth_engine::{EngineOptions, Listener, ListenerId, Place, Turn};
use howth_engine_conformance::{Command, Listen, MakeHandler, Running, engine_cases, start_secure};
use howth_io_portable::PortableEngine;
use tokio::sync::mpsc;

engine_cases!(sockets: crate::start);

/// The same by TLS.
mod by_tls {
    use howth_engine_conformance::engine_cases;

    engine_cases!(secure: crate::start_by_tls);
}

fn start_by_tls(_: Listen, options: EngineOptions, make_handler: MakeHandler) -> Running {
    start_secure(start, options, make_handler)
}

fn start(listen: Listen, options: EngineOptions, make_handler: MakeHandler) -> Running {
    let (commands, receiver) = mpsc::unbounded_channel();
    let (address_sender, address) = channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            let engine = PortableEngine::new(bind(listen), options).expect("an engine");
            let address = engine.local_address().expect("it listens");
            address_sender.send(address).expect("the test");
            drive(engine, receiver, make_handler).await;
        });
    });
    Running {
        address: address.recv().expect("the engine's thread"),
        commands: Box::new(move |command| drop(commands.send(command))),
        thread,
        memory: None,
        connect: None,
    }
}

/// Names a listener beside another.
fn second(listener: Listener) -> Listener {
    Listener {
        id: ListenerId(1),
        place: Place(1),
        ..listener
    }
}

fn bind(listen: Listen) -> Vec<Listener> {
    match listen {
        Listen::Loopback => vec![Listener::from(
            std::net::TcpListener::bind("127.0.0.1:0").expect("bind"),
        )],
        Listen::Unix(path) => vec![Listener::from(
            std::os::unix::net::UnixListener::bind(path).expect("bind"),
        )],
        Listen::Secure(tls) => {
            let mut listeners = bind(Listen::Loopback);
            listeners[0].tls = Some(tls);
            listeners
        }
        Listen::Both(path) => {
            let mut listeners = bind(Listen::Loopback);
            listeners.extend(bind(Listen::Unix(path)).into_iter().map(second));
            listeners
        }
    }
}

async fn drive(
    mut engine: PortableEngine,
    mut commands: mpsc::UnboundedReceiver<Command>,
    make_handler: MakeHandler,
) {
    let exchanges = engine.exchanges();
    let mut handler = make_handler(engine.exchanges());
    poll_fn(move |context| {
        loop {
            while let Poll::Ready(Some(command)) = commands.poll_recv(context) {
                match command {
                    Command::Drain => engine.drain(),
                    Command::Listen(listener) => engine.listen(listener).expect("a listener"),
                    Command::StopAccepting(listener) => engine.stop_accepting(listener),
                    Command::DrainListener(listener) => engine.drain_listener(listener),
                    Command::AbortListener(listener) => engine.abort_listener(listener),
                    Command::TakeEnded(sender) => drop(sender.send(engine.take_ended())),
                    Command::Abort => engine.abort(),
                    Command::Call(call) => call(&*exchanges),
                    Command::Counters(sender) => drop(sender.send(engine.counters())),
                    Command::SetAccepting(accepts) => engine.set_accepting(accepts),
                    Command::ReleaseNew(releases) => engine.release_new(releases),
                    Command::ReleaseIdle(count) => engine.release_idle(count),
                    Command::ReleaseAll => engine.release_all(),
                    Command::TakeReleased(sender) => drop(sender.send(engine.take_released())),
                    Command::Adopt(handed, sender) => drop(sender.send(engine.adopt(handed))),
                }
            }
            match engine.poll_turn(context, &mut *handler) {
                Poll::Ready(Turn::Worked | Turn::Idle) => {}
                Poll::Ready(Turn::Finished) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}
