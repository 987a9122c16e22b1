//! The cases of all engines, run by the portable engine.

use std::future::poll_fn;
use std::sync::mpsc::channel;
use std::task::Poll;

use howth_engine::{EngineOptions, Listener, Turn};
use howth_engine_conformance::{Command, Listen, MakeHandler, Running, engine_cases};
use howth_io_portable::PortableEngine;
use tokio::sync::mpsc;

engine_cases!(crate::start);

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
            address_sender.send(engine.local_address()).expect("the test");
            drive(engine, receiver, make_handler).await;
        });
    });
    Running {
        address: address.recv().expect("the engine's thread"),
        commands: Box::new(move |command| drop(commands.send(command))),
        thread,
        memory: None,
    }
}

fn bind(listen: Listen) -> Vec<Listener> {
    match listen {
        Listen::Loopback => vec![Listener::Tcp(
            std::net::TcpListener::bind("127.0.0.1:0").expect("bind"),
        )],
        Listen::Unix(path) => vec![Listener::Unix(
            std::os::unix::net::UnixListener::bind(path).expect("bind"),
        )],
        Listen::Both(path) => {
            let mut listeners = bind(Listen::Loopback);
            listeners.extend(bind(Listen::Unix(path)));
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
                    Command::EndIdle => engine.end_idle(),
                    Command::IsThrough(sender) => drop(sender.send(engine.is_through())),
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
