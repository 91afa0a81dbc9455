import { parse } from 'yaml';

export interface Event {
  property: string | null;
  name: string;
  /** success, failure, noop, or audit */
  status: string;
  message: string;
  previous_value: unknown;
  desired_value: unknown;
  redacted: boolean | null;
  corrective_change: boolean;
}

export interface ResourceStatus {
  status: 'failed' | 'skipped' | 'changed' | 'noop' | 'unchanged';
  events: Event[];
}

export interface Log {
  level: string;
  message: string;
  source: string;
}

/** What Puppet itself reports of a run: the part of last_run_report.yaml that tests ask for. */
export interface Report {
  status: string;
  noop: boolean;
  logs: Log[];
  resources: Record<string, ResourceStatus>;
}

interface RawStatus {
  failed: boolean;
  failed_to_restart: boolean;
  skipped: boolean;
  changed: boolean;
  out_of_sync: boolean;
  events: Event[];
}

export function parseReport(text: string): Report {
  // Its Ruby tags mean nothing here: below them are plain maps and strings.
  const raw = parse(text, { logLevel: 'error' }) as {
    status: string;
    noop: boolean;
    logs: Log[];
    resource_statuses: Record<string, RawStatus>;
  };
  const statuses = Object.entries(raw.resource_statuses ?? {}).filter(
    // Puppet adds schedules and a filebucket of its own to each catalog.
    ([ref]) => !/^(Schedule|Filebucket)\[/.test(ref),
  );
  return {
    status: raw.status,
    noop: raw.noop,
    logs: raw.logs.map(({ level, message, source }) => ({ level, message, source })),
    resources: Object.fromEntries(
      statuses.map(([ref, its]) => [ref, { status: statusOf(its), events: its.events }]),
    ),
  };
}

function statusOf(raw: RawStatus): ResourceStatus['status'] {
  if (raw.failed || raw.failed_to_restart) return 'failed';
  if (raw.skipped) return 'skipped';
  if (raw.changed) return 'changed';
  return raw.out_of_sync ? 'noop' : 'unchanged';
}
