// docs/compatibility.md as text, out of what was found. It reads no file and starts nothing. Called by scripts/compatibility.

const codeOf = (words) => `\`${words.join(" ")}\``;

function rowOf({ application, engine, faults, passed, count, lacking }) {
  const { name, title, versions, build, command, known } = application;
  const built = build.length > 0 ? `, built by ${build.map(codeOf).join(" and ")}` : "";
  const notes = [...faults.keys()].map((check) => `${check}: ${known[check] ?? "fails"}`);
  const cells = [
    `[${title}](../tests/applications/${name}/checks.mjs)`,
    versions.join(", ") || "—",
    codeOf(["howth", ...command]) + built,
    engine,
    lacking === undefined ? `${passed} of ${count}` : "not run",
    lacking ?? notes.join("; "),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** In the order of the folders, each with both engines, whatever was finished first. */
export function documentOf(results) {
  const isGreen = ({ faults, lacking }) => faults.size === 0 && lacking === undefined;
  const green = results.filter(isGreen).length;
  return `# Applications that howth runs

Programs as they are written for Node.js, unchanged, with packages as \`npm ci\` installs them. Each is started on both
engines, asked what its users rely on, and stopped by SIGTERM. That it starts and that it stops count as checks, and so does
its build, where it has one. What is asked is in the \`checks.mjs\` that each row leads to. Databases are real ones.

\`scripts/compatibility\` does all of this again, as every change has to pass, and \`scripts/compatibility --write\` writes
this page. ${green} of ${results.length} rows are green.

What the tests say that projects have written of themselves: [suites.md](suites.md).

| application | version | command | engine | checks passed | note |
|---|---|---|---|---|---|
${results.map(rowOf).join("\n")}
`;
}
