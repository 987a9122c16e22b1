// What V8 is given for built-ins outside the snapshot.
//
// Called by: what stands in the place of a script that howth has compressed in its binary (crates/snapshot/residual.rs), with
// whatever loads it.

import { internals } from "ext:core/mod.js";
import { op_howth_unpacked } from "ext:core/ops";

// The script as a function of `__bootstrap`, as deno_core would have made it.
internals.howthUnpacked = (specifier) => op_howth_unpacked(specifier);
