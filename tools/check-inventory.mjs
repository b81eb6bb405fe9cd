// Is every promised feature proven by a test that ran and passed?
//
//   node tools/check-inventory.mjs [project folder]
//
// test/inventory-rows.json          the rows of the feature inventory this version answers for, by chapter
// test/inventory.json               row → { file, test } or a list of these; `test` is a full test name or a part of it
// .cache/jest-results.json          what `npm test` wrote: the tests that ran
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{ file: string, test: string }} Proof
 * @typedef {{ rows: string[], inventory: Record<string, Proof | Proof[]>, results: Map<string, { name: string, status: string }[]> }} Evidence
 */

/** @param {Evidence} evidence @returns {string[]} one sentence for each thing that is not proven */
export function findGaps({ rows, inventory, results }) {
  const promised = new Set(rows);
  const missing = rows.filter((row) => !(row in inventory)).map((row) => `${row}: no test is named`);
  const unknown = Object.keys(inventory)
    .filter((row) => !promised.has(row))
    .map((row) => `${row}: not a row of test/inventory-rows.json`);
  const unproven = Object.entries(inventory).flatMap(([row, proofs]) => {
    const list = [proofs].flat();
    if (list.length === 0) return [`${row}: no test is named`];
    return list
      .map((proof) => findFlaw(proof, results))
      .filter(Boolean)
      .map((flaw) => `${row}: ${flaw}`);
  });
  return [...missing, ...unknown, ...unproven];
}

/** @param {Proof} proof @param {Evidence['results']} results @returns {string | undefined} */
function findFlaw({ file, test }, results) {
  const ran = results.get(file);
  if (!ran) return `${file} was not run`;
  if (!test) return `a test of ${file} must be named`;
  const named = ran.filter(({ name }) => name.includes(test));
  if (named.length === 0) return `${file} has no test "${test}"`;
  const bad = named.find(({ status }) => status !== 'passed');
  return bad && `"${bad.name}" of ${file} is ${bad.status}`;
}

/** Reads the three files of a project. */
function readEvidence(project) {
  const read = (file) => JSON.parse(readFileSync(resolve(project, file), 'utf8'));
  const results = read('.cache/jest-results.json').testResults.map(({ name, assertionResults }) => [
    relative(project, name),
    assertionResults.map(({ fullName, status }) => ({ name: fullName, status })),
  ]);
  return {
    rows: Object.values(read('test/inventory-rows.json')).flat(),
    inventory: read('test/inventory.json'),
    results: new Map(results),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const evidence = readEvidence(resolve(process.argv[2] ?? '.'));
  const gaps = findGaps(evidence);
  gaps.forEach((gap) => console.error(gap));
  console.log(`inventory: ${evidence.rows.length} rows, ${gaps.length} gaps`);
  process.exitCode = gaps.length > 0 ? 1 : 0;
}
