import { parseArgs } from 'node:util';

export interface Options {
  suite: string;
  /** Names of the rows to measure; all when empty. */
  rows: string[];
  pairs: number;
  /** Smaller amounts, for a look: the bars are meant for the full ones. */
  quick: boolean;
  output: string;
  /** The helper to measure where no Puppet starts it; Puppet always starts the module's own. */
  bundle: string;
}

export class Usage extends Error {}

export function parseOptions(argv: string[], suites: string[]): Options {
  const { values, positionals } = parse(argv);
  const [suite = '', ...more] = positionals;
  if (!suites.includes(suite) || more.length > 0) {
    throw new Usage(`usage: npm run bench -- ${suites.join('|')} [options]`);
  }
  const pairs = Number(values.pairs ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(pairs) || pairs < 1)
    throw new Usage('--pairs wants a whole number above 0');
  return {
    suite,
    rows: values.rows?.split(',') ?? [],
    pairs,
    quick: values.quick,
    output: values.output ?? `bench/results/${suite}.json`,
    bundle: values.bundle ?? `lib/puppet_x/webhook/${suite}.cjs`,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        rows: { type: 'string' },
        pairs: { type: 'string' },
        quick: { type: 'boolean', default: false },
        output: { type: 'string' },
        bundle: { type: 'string' },
      },
    });
  } catch (error) {
    throw new Usage((error as Error).message);
  }
}
