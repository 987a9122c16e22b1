
// Added to node:process.
// As in Node, a pipe that has been read to its end is closed, and `process.stdin` says so.
const howthStdin = Object.getOwnPropertyDescriptor(process, "stdin");
if (howthStdin?.get !== undefined) {
  const get = () => {
    const stdin = howthStdin.get.call(process);
    const state = stdin?._readableState;
    if (state?.autoDestroy) state.emitClose = true;
    return stdin;
  };
  Object.defineProperty(process, "stdin", { ...howthStdin, get });
}

// As in Node, output arrives, or its stream tells why not.
function howthOutput(stream, name) {
  return internals.howthOutput(stream, name);
}
