import { type Finding, isMissed } from './finding.js';
import { median } from './statistics.js';

const HEADINGS = ['work', 'against', 'ours', 'theirs', 'result', 'low–high', 'bar', ''];

export function table(findings: readonly Finding[]): string {
  const lines = [HEADINGS, ...findings.map(cells)];
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const drawn = lines.map((line) =>
    line
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  drawn.splice(
    1,
    0,
    widths
      .map((width) => '-'.repeat(width))
      .join('  ')
      .trimEnd(),
  );
  const notes = findings.flatMap(({ row, note }) => (note ? [`${row}: ${note}`] : []));
  return [...drawn, '', ...new Set(notes)].join('\n');
}

export function verdict(findings: readonly Finding[]): string {
  const barred = findings.filter(({ bar }) => bar !== undefined);
  const missed = barred.filter(isMissed);
  if (missed.length === 0) return `All ${barred.length} bars are met.`;
  const named = missed.map((finding) => `${finding.work} ÷ ${finding.against}`);
  return `MISSED ${missed.length} of ${barred.length} bars: ${named.join('; ')}`;
}

function cells(finding: Finding): string[] {
  const { work, against, ours, theirs, value, each, bar, unit } = finding;
  return [
    work,
    against,
    ours ? seconds(ours) : '',
    theirs ? seconds(theirs) : '',
    show(value, unit),
    each.length > 1 ? `${bare(Math.min(...each), unit)}–${bare(Math.max(...each), unit)}` : '',
    bar === undefined ? '' : `≤ ${show(bar, unit)}`,
    bar === undefined ? '' : isMissed(finding) ? 'MISSED' : 'met',
  ];
}

function seconds(ms: readonly number[]): string {
  return `${(median(ms) / 1000).toFixed(2)} s`;
}

function show(value: number, unit: Finding['unit']): string {
  return unit === 'times' ? `${bare(value, unit)}×` : `${bare(value, unit)} ${unit}`;
}

function bare(value: number, unit: Finding['unit']): string {
  return unit === 'MiB' ? value.toFixed(0) : value.toFixed(2);
}
