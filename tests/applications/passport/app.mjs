import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";

const users = [{ id: 7, name: "ada", password: "secret" }];

passport.use(
  new Strategy({ usernameField: "name" }, (name, password, done) => {
    const found = users.find((user) => user.name === name);
    if (found?.password !== password) return done(null, false, { message: "wrong" });
    done(null, found);
  }),
);
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) =>
  done(
    null,
    users.find((user) => user.id === id),
  ),
);

const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(session({ secret: "of a check", resave: false, saveUninitialized: false }));
app.use(passport.session());

app.post(
  "/login",
  passport.authenticate("local", {
    successRedirect: "/me",
    failureRedirect: "/login",
    failureMessage: true,
  }),
);
app.get("/login", (req, res) => res.json(req.session.messages ?? []));
app.get("/me", (req, res) => {
  if (!req.isAuthenticated()) return res.sendStatus(401);
  res.json({ name: req.user.name });
});
app.post("/logout", (req, res, next) => {
  req.logout((error) => (error ? next(error) : res.redirect("/")));
});

app.listen(process.env.PORT, "127.0.0.1");
