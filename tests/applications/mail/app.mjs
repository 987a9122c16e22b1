// A server for mail, and an HTTP server that sends it mail.

import { once } from "node:events";
import http from "node:http";
import { simpleParser } from "mailparser";
import nodemailer from "nodemailer";
import { SMTPServer } from "smtp-server";

const received = [];
const smtp = new SMTPServer({
  authMethods: ["PLAIN", "LOGIN"],
  onAuth({ username, password }, session, callback) {
    if (password !== "secret") return callback(new Error("wrong password"));
    callback(null, { user: username });
  },
  onRcptTo({ address }, session, callback) {
    callback(address.startsWith("nobody@") ? new Error("no such person") : null);
  },
  async onData(stream, session, callback) {
    const { subject, text, html, attachments } = await simpleParser(stream);
    const files = attachments.map(({ filename, content }) => [filename, content.toString()]);
    received.push({ subject, text, html, files, isSecure: session.secure, user: session.user });
    callback();
  },
});
await once(smtp.listen(0, "127.0.0.1"), "listening");

const transport = (pass, more) =>
  nodemailer.createTransport({
    host: "127.0.0.1",
    port: smtp.server.address().port,
    auth: { user: "ada", pass },
    tls: { rejectUnauthorized: false },
    ...more,
  });
const pooled = transport("secret", { pool: true, maxConnections: 2 });

const mail = {
  from: "ada@a.example",
  to: "bob@b.example",
  subject: "Grüße",
  text: "a text\n.\nwith a dot",
  html: "<p>a text</p>",
  attachments: [{ filename: "a.txt", content: "of a file" }],
};

const routes = {
  "/send": async () => {
    const { accepted } = await transport("secret").sendMail(mail);
    return { accepted, ...received.at(-1) };
  },
  "/many": async () => {
    const before = received.length;
    await Promise.all(Array.from({ length: 10 }, () => pooled.sendMail(mail)));
    return received.length - before;
  },
  "/refused": () =>
    transport("secret")
      .sendMail({ ...mail, to: "nobody@b.example" })
      .catch(({ code, responseCode }) => ({ code, responseCode })),
  "/wrong-password": () =>
    transport("wrong")
      .sendMail(mail)
      .catch(({ code }) => code),
};

http
  .createServer(async (request, response) => {
    response.end(JSON.stringify(await routes[request.url]()));
  })
  .listen(process.env.PORT, "127.0.0.1");
