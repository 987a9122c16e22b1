//! Certificates of servers of node:https and of their clients.

use super::{launch, ran};
use crate::support::tls::{authority_and_client, pair};
use crate::support::{Engine, printed};

on_both_engines![
    clients_are_asked_for_certificates,
    a_client_that_is_trusted_itself_is_known,
    a_certificate_changes_while_the_server_listens,
    a_host_has_a_certificate_of_its_own,
    issuers_are_shown,
    what_is_wrong_is_an_error,
];

fn clients_are_asked_for_certificates(engine: Engine) {
    let (authority, client) = authority_and_client();
    let (launch, _) = launch(
        engine,
        r"
        const ca = fs.readFileSync('ca.pem');
        const known = { cert: fs.readFileSync('client.pem'), key: fs.readFileSync('client.key') };
        const answer = ({ client, socket }, response) => {
            const { subjectaltname } = client.getPeerCertificate();
            response.end(`${engine(socket)} ${client.authorized} ${client.authorizationError} ${subjectaltname}`);
        };
        const strict = await start({ ca, requestCert: true }, answer);
        const asking = await start({ ca, requestCert: true, rejectUnauthorized: false }, answer);
        console.log(await get(strict, known));
        console.log((await get(strict)).startsWith('200'));
        console.log((await get(strict, own)).startsWith('200'));
        console.log(await get(asking, known));
        console.log(await get(asking));
        console.log(await get(asking, own));
        strict.close();
        asking.close();
        ",
    );
    let finished = launch
        .file("ca.pem", &authority.certificate)
        .file("client.pem", &client.certificate)
        .file("client.key", &client.key)
        .finish();
    printed(
        &finished,
        "200 true true null DNS:client\nfalse\nfalse\n200 true true null DNS:client\n\
         200 true false UNABLE_TO_GET_ISSUER_CERT undefined\n200 true false DEPTH_ZERO_SELF_SIGNED_CERT DNS:localhost",
    );
}

// `openssl req -x509` makes certificates of authorities.
fn a_client_that_is_trusted_itself_is_known(engine: Engine) {
    let (authority, _) = authority_and_client();
    let (launch, _) = launch(
        engine,
        r"
        const known = { cert: fs.readFileSync('ca.pem'), key: fs.readFileSync('ca.key') };
        const server = await start({ ca: [known.cert], requestCert: true }, ({ socket }, response) => response.end(`${engine(socket)} ${socket.authorized}`));
        console.log(await get(server, known));
        server.close();
        ",
    );
    let finished = launch
        .file("ca.pem", &authority.certificate)
        .file("ca.key", &authority.key)
        .finish();
    printed(&finished, "200 true true");
}

fn a_certificate_changes_while_the_server_listens(engine: Engine) {
    let (launch, _) = launch(
        engine,
        r"
        const next = { cert: fs.readFileSync('next.pem'), key: fs.readFileSync('next.key') };
        const answer = ({ socket }, response) => response.end(`${engine(socket)}`);
        const [server, other] = [await start({}, answer), await start({}, answer)];
        const agent = new https.Agent({ keepAlive: true });
        console.log(await get(server, { agent }));
        server.setSecureContext(next);
        // Who is there stays; who comes is shown the new one, by this server alone.
        console.log(await get(server, { agent }), await get(server, { ca: next.cert }), (await get(server)).startsWith('200'));
        console.log(await get(other));
        // What cannot be is an error, and changes nothing.
        try { server.setSecureContext({ cert: next.cert, key: own.key }); } catch (error) { console.log(error.name); }
        try { server.setSecureContext({}); } catch (error) { console.log(error.message.split(':')[0]); }
        console.log(await get(server, { ca: next.cert }));
        agent.destroy();
        server.close();
        other.close();
        ",
    );
    let next = pair(|_| {});
    let finished = launch
        .file("next.pem", &next.certificate)
        .file("next.key", &next.key)
        .finish();
    printed(
        &finished,
        "200 true\n200 true 200 true false\n200 true\nError\nhowth\n200 true",
    );
}

fn a_host_has_a_certificate_of_its_own(engine: Engine) {
    let other = pair(|parameters| {
        parameters.subject_alt_names = vec![rcgen::SanType::DnsName(
            "*.other.test".try_into().expect("a name"),
        )];
    });
    let (launch, _) = launch(
        engine,
        r"
        const other = { cert: fs.readFileSync('other.pem'), key: fs.readFileSync('other.key') };
        const answer = ({ socket }, response) => response.end(`${engine(socket)} ${socket.servername}`);
        const before = await start({}, answer, (server) => server.addContext('a.other.test', other));
        const later = await start({}, answer);
        console.log(await get(before, { servername: 'a.other.test', ca: other.cert }), await get(before));
        console.log((await get(later, { servername: 'b.other.test', ca: other.cert })).startsWith('200'));
        later.addContext('*.other.test', tls.createSecureContext(other));
        console.log(await get(later, { servername: 'b.other.test', ca: other.cert }), await get(later));
        before.close();
        later.close();
        ",
    );
    let finished = launch
        .file("other.pem", &other.certificate)
        .file("other.key", &other.key)
        .finish();
    printed(
        &finished,
        "200 true a.other.test 200 true localhost\nfalse\n200 true b.other.test 200 true localhost",
    );
}

fn issuers_are_shown(engine: Engine) {
    let (authority, client) = authority_and_client();
    let (launch, _) = launch(
        engine,
        r"
        const [cert, key, ca] = ['client.pem', 'client.key', 'ca.pem'].map((name) => fs.readFileSync(name, 'utf8'));
        const server = await start({ cert, key, ca: [String(own.cert), ca] }, ({ socket }, response) => response.end(`${engine(socket)}`));
        const socket = tls.connect(at(server, { servername: 'client', ca }), () => {
            const certificate = socket.getPeerCertificate(true);
            console.log(certificate.subjectaltname, certificate.issuerCertificate.subjectaltname, socket.authorized);
            socket.destroy();
        });
        await new Promise((resolve) => socket.on('close', resolve));
        console.log(await get(server, { servername: 'client', ca }));
        server.close();
        ",
    );
    let finished = launch
        .file("ca.pem", &authority.certificate)
        .file("client.pem", &client.certificate)
        .file("client.key", &client.key)
        .finish();
    printed(&finished, "DNS:client DNS:authority true\n200 true");
}

fn what_is_wrong_is_an_error(engine: Engine) {
    let finished = ran(
        engine,
        r"
        for (const options of [{ cert: 1 }, { minVersion: 'x' }, { ALPNProtocols: ['a'], ALPNCallback() {} }]) {
            try { https.createServer({ ...own, ...options }); } catch (error) { console.log(error.code); }
        }
        const server = await start({}, () => {});
        const again = https.createServer(own).on('error', (error) => { console.log(error.code); server.close(); });
        again.listen(server.address().port, '127.0.0.1');
        ",
    );
    printed(
        &finished,
        "ERR_INVALID_ARG_TYPE\nERR_TLS_INVALID_PROTOCOL_VERSION\nERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS\nEADDRINUSE",
    );
}
