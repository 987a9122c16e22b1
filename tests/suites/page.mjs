// The page that says what was found: a table of the suites, and why what fails fails. Called by scripts/suites.

const HEAD = `# Other projects' own tests

The tests that projects have written of themselves, unchanged, run by howth as by Node.js. Their sources come from the
registries of Debian and npm; a suite's folder in [tests/suites](../tests/suites) says which, and how they are run.

\`scripts/suites\` runs those that are not known to fail, and \`scripts/suites --write\` runs all and writes this page.
`;

/** `found`: what came of each suite on each engine. */
export function page(found) {
  const suites = [...grouped(found, ({ name }) => name).values()];
  const rows = suites.map(row);
  const table = [
    "| suite | version | tests | passed, io_uring | passed, portable | passed by Node.js |",
    "|---|---|---|---|---|---|",
    ...rows,
  ];
  const own = suites.map(([{ suite }]) => suite).filter(({ node }) => node !== undefined);
  const node = `Node.js is ${[...new Set(own.map(({ node }) => node.version))].join(", ")}: \`scripts/suites --node\`.`;
  return `${[HEAD, table.join("\n"), `\n${node}`, ...suites.map(reasons)].join("\n")}`;
}

function grouped(all, keyOf) {
  const groups = new Map();
  for (const one of all) {
    const key = keyOf(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

function row(ways) {
  const [{ suite, tests }] = ways;
  const passed = (engine) => ways.find((way) => way.engine === engine).passed;
  const node = suite.node === undefined ? "" : `${suite.node.passed} of ${suite.node.tests}`;
  return `| ${suite.title} | ${suite.version} | ${tests} | ${passed("io_uring")} | ${passed("portable")} | ${node} |`;
}

// Why tests of a suite fail, the most frequent reason first.
function reasons([{ suite, known }]) {
  if (known.size === 0) return `\n## ${suite.title}\n\nAll pass.\n`;
  const counted = [...grouped(known.values(), (reason) => reason)].map(([reason, all]) => [
    reason,
    all.length,
  ]);
  counted.sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  const lines = counted.map(([reason, count]) => `| ${count} | ${reason} |`);
  return [
    `\n## ${suite.title}: what fails, and why\n`,
    "| tests | reason |",
    "|---|---|",
    ...lines,
    "",
  ].join("\n");
}
