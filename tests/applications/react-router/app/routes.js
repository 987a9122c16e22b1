import { index, route } from "@react-router/dev/routes";

export default [
  index("routes/home.jsx"),
  route("items/:id", "routes/item.jsx"),
  route("form", "routes/form.jsx"),
  route("api", "routes/api.js"),
  route("old", "routes/old.js"),
];
