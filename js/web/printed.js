// Errors as howth prints them: without the places of its own code.
//
// Owns which lines of a stack are left out. Called by: whoever tells of what a handler has thrown.

const OWN_PLACE = /\bat .*ext:(?:howth|core)\//;

// Prints a message and what was thrown, whatever that is.
function printFailure(message, error) {
  try {
    console.error(message, error instanceof Error ? printed(error) : error);
  } catch {
    console.error(message, "an error that cannot be printed");
  }
}

function printed(error) {
  const colors = !Deno.noColor && Deno.stderr.isTerminal();
  const lines = Deno.inspect(error, { colors }).split("\n");
  const others = lines.filter((line) => !OWN_PLACE.test(line));
  return others.join("\n");
}

export { printFailure };
