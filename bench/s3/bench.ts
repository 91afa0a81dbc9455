import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding } from '../finding.js';
import { machine } from '../machine.js';
import { type Options, Usage } from '../options.js';
import { table, verdict } from '../table.js';
import { ROWS } from './rows.js';
import { openStage } from './stage.js';

/** Measures the rows that were asked for; prints a table and writes all of it as JSON. */
export async function benchS3(options: Options): Promise<void> {
  const names = options.rows.length > 0 ? options.rows : Object.keys(ROWS);
  const unknown = names.find((name) => !(name in ROWS));
  if (unknown) throw new Usage(`no row ${unknown}; there are: ${Object.keys(ROWS).join(', ')}`);

  const facts = await machine();
  const stage = await openStage(options);
  const findings: Finding[] = [];
  try {
    for (const name of names) {
      stage.tell(`== ${name}`);
      findings.push(...((await ROWS[name]?.(stage)) ?? []));
      save(options, facts, findings);
    }
  } finally {
    await stage.close();
  }
  const { cores, memory_gib, cpu, versions } = facts;
  console.log(`\n${cores} cores (${cpu}), ${memory_gib} GiB; load before: ${facts.load_before}`);
  console.log(`${Object.values(versions).join(' | ')}\n`);
  console.log(table(findings));
  console.log(verdict(findings));
  if (options.quick) console.log('Quick amounts: the bars are meant for the full ones.');
  console.log(`All numbers: ${options.output}`);
}

/** After every row, so that a run that is cut short leaves what it has. */
function save(options: Options, facts: object, findings: Finding[]): void {
  const { pairs, quick } = options;
  const bundle = createHash('sha256').update(readFileSync(options.bundle)).digest('hex');
  const when = new Date().toISOString();
  const document = { when, machine: facts, bundle_sha256: bundle, pairs, quick, findings };
  mkdirSync(dirname(options.output), { recursive: true });
  writeFileSync(options.output, `${JSON.stringify(document, undefined, 2)}\n`);
}
