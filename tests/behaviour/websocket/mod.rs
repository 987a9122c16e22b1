//! WebSockets of servers.

pub mod client;
mod compression;
mod ends;
mod kept;
mod messages;
mod rules;
mod topics;
mod web;

/// An application that says what comes back, and prints how sockets end.
const ECHO: &str = "
    export default {
        fetch(request, server) {
            if (new URL(request.url).pathname === '/http') return new Response('plain');
            return server.upgrade(request) ? undefined : new Response('no WebSocket', { status: 400 });
        },
        websocket: {
            message: (socket, message) => void socket.send(message),
            close: (_socket, code, reason) => console.log(`closed ${code} '${reason}'`),
        },
    };
";
