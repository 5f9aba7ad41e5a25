// Validates docs/asyncapi.yaml with the AsyncAPI project's own parser.
// node tools/check_asyncapi.mjs [FILE] exits with 1 on any error or warning, and prints where it is.

import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

//: The parser's severities, from 0. Two more are advice, such as to use a newer AsyncAPI version.
const SEVERITIES = ["error", "warning"];

const file = process.argv[2] ?? "docs/asyncapi.yaml";
const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf8"));
const faults = diagnostics.filter(({ severity }) => severity < SEVERITIES.length);
for (const { severity, range, path, message } of faults) {
  const place = `${file}:${range.start.line + 1}`;
  console.error(`${place}: ${SEVERITIES[severity]}: ${path.join(".")}: ${message}`);
}
if (faults.length || !document) process.exit(1);
console.log(`${file} is a valid AsyncAPI ${document.version()} document.`);
