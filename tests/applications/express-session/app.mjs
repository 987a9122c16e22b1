import cookieParser from "cookie-parser";
import express from "express";
import session from "express-session";

const app = express();
const SECRET = "a key to sign with";

app.use(cookieParser(SECRET));
app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, name: "session" }));

app.get("/visits", (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1;
  res.json({ visits: req.session.visits });
});
app.post("/login", (req, res, next) => {
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = "Ada";
    res.json({ user: "Ada" });
  });
});
app.get("/me", (req, res) => res.json({ user: req.session.user ?? null }));
app.post("/logout", (req, res) =>
  req.session.destroy(() => res.clearCookie("session").sendStatus(204)),
);
app.get("/untouched", (req, res) => res.send("nothing to keep"));
app.get("/set", (req, res) => {
  res.cookie("plain", "a b", { maxAge: 60_000 });
  res.cookie("signed", "yes", { signed: true, sameSite: "lax" });
  res.cookie("object", { a: 1 });
  res.end();
});
app.get("/cookies", (req, res) => res.json({ plain: req.cookies, signed: req.signedCookies }));

app.listen(process.env.PORT, "127.0.0.1");
