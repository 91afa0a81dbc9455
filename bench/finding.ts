import { median, ratios } from './statistics.js';

/** One line of the table: what was measured, in each round, and what it should be. */
export interface Finding {
  row: string;
  work: string;
  against: string;
  unit: 'times' | 'MiB' | 's';
  /** The median of `each`. */
  value: number;
  each: number[];
  /** No more than this; left out where the line is there for comparison only. */
  bar?: number;
  /** Milliseconds, round by round, of what a ratio was made from. */
  ours?: number[];
  theirs?: number[];
  note?: string;
}

type About = Pick<Finding, 'row' | 'work' | 'against' | 'bar' | 'note'>;

export function ratio(about: About, ours: number[], theirs: number[]): Finding {
  const each = ratios(ours, theirs);
  return { ...about, unit: 'times', value: median(each), each, ours, theirs };
}

export function amount(about: About, unit: 'MiB' | 's', each: number[]): Finding {
  return { ...about, unit, value: median(each), each };
}

export function isMissed({ value, bar }: Finding): boolean {
  return bar !== undefined && !(value <= bar);
}
