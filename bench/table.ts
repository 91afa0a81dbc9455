import { type Finding, isMissed, isUnsure } from './finding.js';
import type { Sample } from './rounds.js';
import { median } from './statistics.js';

const HEADINGS = ['work', 'against', 'ours (CPU)', 'theirs (CPU)', 'result', 'range', 'bar', ''];

export function table(findings: readonly Finding[]): string {
  const lines = [HEADINGS, ...findings.map(cells)];
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width));
  const draw = (line: string[]) =>
    line
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [HEADINGS, rule, ...lines.slice(1)].map(draw).join('\n');
}

export function verdict(findings: readonly Finding[]): string {
  const barred = findings.filter(({ bar }) => bar !== undefined);
  const missed = barred.filter(isMissed);
  if (missed.length === 0) return `Bars: all ${barred.length} are met.`;
  const names = missed.map((finding) => {
    const unsure = isUnsure(finding) ? ' (unsure: the rounds disagree)' : '';
    return `  ${finding.work} ÷ ${finding.against}${unsure}`;
  });
  return [`Bars: MISSED ${missed.length} of ${barred.length}:`, ...names].join('\n');
}

function cells(finding: Finding): string[] {
  const { work, against, ours, theirs, value, each, bar, unit } = finding;
  const range = [Math.min(...each), Math.max(...each)].map((end) => show(end, unit));
  return [
    work,
    against,
    ours ? seconds(ours) : '',
    theirs ? seconds(theirs) : '',
    show(value, unit),
    each.length > 1 ? range.join('–') : '',
    bar === undefined ? '' : `≤ ${show(bar, unit)}`,
    bar === undefined ? '' : judge(finding),
  ];
}

function judge(finding: Finding): string {
  const judged = isMissed(finding) ? 'MISSED' : 'met';
  return isUnsure(finding) ? `${judged}, unsure` : judged;
}

function seconds(samples: readonly Sample[]): string {
  const wall = median(samples.map(({ ms }) => ms)) / 1000;
  const cpu = median(samples.map(({ cpuMs }) => cpuMs)) / 1000;
  return `${wall.toFixed(2)} s (${cpu.toFixed(2)})`;
}

function show(value: number, unit: Finding['unit']): string {
  return unit === 'times' ? value.toFixed(2) : `${value.toFixed(0)} MiB`;
}
