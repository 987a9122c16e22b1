// Starts the application, on one core unless --cores says more: `Howth.kv` is what all cores share.

import { app } from "./app.ts";

app.listen(Number(process.env["PORT"] ?? 3000));
