import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding } from './finding.js';
import { machine } from './machine.js';
import { type Options, Usage } from './options.js';
import { table, verdict } from './table.js';

/** What a row has to measure with. */
export interface Opened {
  tell(line: string): void;
  close(): Promise<void>;
}

/** The rows of one type, and the servers that they need. */
export interface Suite<Stage extends Opened> {
  rows: Record<string, (stage: Stage) => Promise<Finding[]>>;
  open(options: Options): Promise<Stage>;
}

/** Measures the rows that were asked for; prints a table and writes all of it as JSON. */
export async function measure<Stage extends Opened>(
  { rows, open }: Suite<Stage>,
  options: Options,
): Promise<void> {
  const names = options.rows.length > 0 ? options.rows : Object.keys(rows);
  const unknown = names.find((name) => !(name in rows));
  if (unknown) throw new Usage(`no row ${unknown}; there are: ${Object.keys(rows).join(', ')}`);

  const facts = await machine();
  const stage = await open(options);
  const findings: Finding[] = [];
  try {
    for (const name of names) {
      stage.tell(`== ${name}`);
      findings.push(...((await rows[name]?.(stage)) ?? []));
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
