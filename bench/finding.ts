import type { Sample } from './rounds.js';
import { median } from './statistics.js';

/** One line of the table: what was measured, in each round, and what it should be. */
export interface Finding {
  row: string;
  work: string;
  against: string;
  unit: 'times' | 'MiB';
  /** The median of `each`. */
  value: number;
  each: number[];
  /** No more than this; left out where the line is there for comparison only. */
  bar?: number;
  /** Round by round, what a ratio was made from. */
  ours?: Sample[];
  theirs?: Sample[];
}

type About = Pick<Finding, 'row' | 'work' | 'against' | 'bar'>;

/** Of the wall times, pair by pair. */
export function ratio(about: About, ours: Sample[], theirs: Sample[]): Finding {
  const each = ours.map(({ ms }, round) => ms / (theirs[round]?.ms ?? Number.NaN));
  return { ...about, unit: 'times', value: median(each), each, ours, theirs };
}

export function memory(about: About, each: number[]): Finding {
  return { ...about, unit: 'MiB', value: median(each), each };
}

export function isMissed({ value, bar }: Finding): boolean {
  return bar !== undefined && !(value <= bar);
}

/** Whether the rounds disagree about the bar: more pairs, or a quieter machine, would tell. */
export function isUnsure({ each, bar }: Finding): boolean {
  return (
    bar !== undefined && each.some((value) => value <= bar) && each.some((value) => value > bar)
  );
}
