export const command = ["run", "app.mjs"];

export const checks = {
  "a mail with a file, over TLS that is begun midway": {
    send: "GET /send",
    json: {
      accepted: ["bob@b.example"],
      subject: "Grüße",
      text: "a text\n.\nwith a dot",
      html: "<p>a text</p>",
      files: [["a.txt", "of a file"]],
      isSecure: true,
      user: "ada",
    },
  },
  "ten mails on two connections": { send: "GET /many", json: 10 },
  "a person who is not there": {
    send: "GET /refused",
    json: { code: "EENVELOPE", responseCode: 550 },
  },
  "a wrong password": { send: "GET /wrong-password", json: "EAUTH" },
};
