import { readFileSync } from 'node:fs';
import { settle } from './settle.js';

/** One measurement: wall time, and the processor's time of all processes it was done by. */
export interface Sample {
  ms: number;
  cpuMs: number;
}

/** Does the work once, from the start, and tells how many milliseconds of it count. */
export type Contestant = () => Promise<number>;

/**
 * Lets every contestant do its work in every round, in turn and in alternating order, so that what
 * else the machine does meanwhile is shared out fairly. Tells each one's samples, round by round.
 */
export async function rounds<Name extends string>(
  count: number,
  contestants: Record<Name, Contestant>,
  tell: (line: string) => void,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(contestants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<
    Name,
    Sample[]
  >;
  for (let round = 0; round < count; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      await settle();
      const cpuBefore = cpuMsOfChildren();
      const ms = await contestants[name]();
      const cpuMs = cpuMsOfChildren() - cpuBefore;
      samples[name].push({ ms, cpuMs });
      tell(`round ${round + 1}: ${name} ${seconds(ms)} s, CPU ${seconds(cpuMs)} s`);
    }
  }
  return samples;
}

/** Of those that have ended, and of theirs. */
function cpuMsOfChildren(): number {
  // Fields 16 and 17, in ticks of 10 ms; the second, in parentheses, may hold spaces.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
