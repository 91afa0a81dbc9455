import { settle } from './settle.js';

/** Does the work once, from the start, and tells how many milliseconds of it count. */
export type Contestant = () => Promise<number>;

/**
 * Lets every contestant do its work in every round, in turn and in alternating order, so that what
 * else the machine does meanwhile is shared out fairly. Tells each one's times, round by round.
 */
export async function rounds<Name extends string>(
  count: number,
  contestants: Record<Name, Contestant>,
  tell: (line: string) => void,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < count; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      await settle();
      const ms = await contestants[name]();
      times[name].push(ms);
      tell(`round ${round + 1}: ${name} ${(ms / 1000).toFixed(2)} s`);
    }
  }
  return times;
}
