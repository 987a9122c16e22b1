import { Writable } from "node:stream";

export default ({ prefix }) =>
  new Writable({
    write(line, _, done) {
      process.stdout.write(`${prefix}${JSON.parse(line).msg}\n`, done);
    },
  });
