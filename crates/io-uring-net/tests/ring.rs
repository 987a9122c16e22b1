//! The cases of all engines, run by the ring engine.
#![cfg(target_os = "linux")]

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use howth_engine::{BindAddress, EngineOptions, Listener, ListenerId, Place, Turn};
use howth_engine_conformance::{Command, Listen, MakeHandler, Running, engine_cases, start_secure};
use howth_io_uring_net::{RingEngine, Wait};

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
    let (commands, receiver) = channel();
    let (listeners, address) = bind(listen);
    let thread = std::thread::spawn(move || {
        let engine = RingEngine::new(listeners, options).expect("an engine");
        drive(engine, &receiver, make_handler);
    });
    Running {
        address,
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

fn bind(listen: Listen) -> (Vec<Listener>, BindAddress) {
    match listen {
        Listen::Loopback => {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("it is bound");
            (vec![Listener::from(listener)], BindAddress::Tcp(address))
        }
        Listen::Unix(path) => {
            let listener = std::os::unix::net::UnixListener::bind(&path).expect("a new socket");
            (vec![Listener::from(listener)], BindAddress::Unix(path))
        }
        Listen::Secure(tls) => {
            let (mut listeners, address) = bind(Listen::Loopback);
            listeners[0].tls = Some(tls);
            (listeners, address)
        }
        Listen::Both(path) => {
            let (mut listeners, address) = bind(Listen::Loopback);
            listeners.extend(bind(Listen::Unix(path)).0.into_iter().map(second));
            (listeners, address)
        }
    }
}

fn drive(mut engine: RingEngine, commands: &Receiver<Command>, make_handler: MakeHandler) {
    let exchanges = engine.exchanges();
    let mut handler = make_handler(engine.exchanges());
    loop {
        while let Ok(command) = commands.try_recv() {
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
        let turn = engine.turn(Wait::For(Duration::from_millis(1)), &mut *handler);
        if turn.expect("the ring works") == Turn::Finished {
            return;
        }
    }
}
