// The page that says what was found: a table of the suites, and why what fails fails. Called by scripts/suites.

const HEAD = `# Other projects' own tests

The tests that projects have written of themselves, unchanged, run by howth as by Node.js. Their sources come from the
registries of Debian and npm; a suite's folder in [tests/suites](../tests/suites) says which, and how they are run.

\`scripts/suites\` runs those that are not known to fail, and \`scripts/suites --write\` runs all and
writes this page, or the rows of those suites that it is given. What fails now and then counts as failing.
Every change has to pass those of \`scripts/suites --short ws express-4 node fastify\`.
`;

/**
 * `suites`: each with what it says of itself (`suite`), the tests that are known to fail (`known`), and what came of it on each
 * engine (`ways`); of one that was not run, the row of `present`, the page as it is.
 */
export function page(suites, present) {
  const rows = suites.map(({ suite, ways }) => (ways ? row(suite, ways) : rowIn(present, suite)));
  const table = [
    "| suite | version | tests | passed, io_uring | passed, portable | passed by Node.js |",
    "|---|---|---|---|---|---|",
    ...rows.filter((line) => line !== undefined),
  ];
  const own = suites.map(({ suite }) => suite).filter(({ node }) => node !== undefined);
  const node = `Node.js is ${[...new Set(own.map(({ node }) => node.version))].join(", ")}: \`scripts/suites --node\`.`;
  return `${[HEAD, table.join("\n"), `\n${node}`, ...suites.map(reasons)].join("\n")}`;
}

const rowIn = (present, { title }) =>
  present.split("\n").find((line) => line.startsWith(`| ${title} |`));

function row(suite, ways) {
  const passed = (engine) => ways.find((way) => way.engine === engine).passed;
  const [{ tests }] = ways;
  const node = suite.node === undefined ? "" : `${suite.node.passed} of ${suite.node.tests}`;
  return `| ${suite.title} | ${suite.version} | ${tests} | ${passed("io_uring")} | ${passed("portable")} | ${node} |`;
}

// Why tests of a suite fail, the most frequent reason first.
function reasons({ suite, known }) {
  if (known.size === 0) return `\n## ${suite.title}\n\nAll pass.\n`;
  const counted = new Map();
  for (const [test, reason] of known) {
    counted.set(reason, (counted.get(reason) ?? 0) + (suite.countOf?.(test) ?? 1));
  }
  const sorted = [...counted].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  const lines = sorted.map(([reason, count]) => `| ${count} | ${reason} |`);
  return [
    `\n## ${suite.title}: what fails, and why\n`,
    "| tests | reason |",
    "|---|---|",
    ...lines,
    "",
  ].join("\n");
}
