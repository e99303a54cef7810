// What `quanji flow edit` runs: {"text", "edits"} on standard input, {"text"} or {"problem": {edit, zh, en}} on standard output.
import { readFileSync } from 'node:fs';
import { applyEdits, EditProblem } from './edit';
import type { Edit } from './edit';

const given = JSON.parse(readFileSync(0, 'utf8')) as { text: string; edits: Edit[] };
try {
  process.stdout.write(JSON.stringify({ text: applyEdits(given.text, given.edits) }));
} catch (problem) {
  if (!(problem instanceof EditProblem)) throw problem;
  process.stdout.write(JSON.stringify({ problem: { edit: problem.edit, zh: problem.zh, en: problem.en } }));
}
