import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Process {
  pid: number;
  /** What anyone on the machine may read: its arguments, and for its owner its environment. */
  argv: string;
  env: string;
}

/** All processes that this one has started, and theirs. */
export function descendants(root: number): Process[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    // The command's name, in parentheses, may hold spaces and parentheses itself.
    const ppid = /^\d+$/.test(name) && /.*\) \S (\d+)/s.exec(read(`/proc/${name}/stat`))?.[1];
    if (!ppid) continue;
    const siblings = children.get(Number(ppid)) ?? [];
    siblings.push(Number(name));
    children.set(Number(ppid), siblings);
  }
  const found: Process[] = [];
  const queue = [...(children.get(root) ?? [])];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    found.push(look(pid));
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** Waits for a descendant with this in its arguments. */
export async function descendantWith(
  root: number,
  text: string,
  timeoutMs = 60_000,
): Promise<number> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const process = descendants(root).find(({ argv }) => argv.includes(text));
    if (process) return process.pid;
    await sleep(10);
  }
  throw new Error(`process ${root} has no descendant with ${text}`);
}

/** Looks at a process and its descendants again and again; stopping it tells all it has seen. */
export function watchProcesses(root: number): { stop(): Process[] } {
  const seen = new Map<string, Process>();
  const sample = () => {
    for (const process of [look(root), ...descendants(root)]) {
      seen.set(`${process.pid} ${process.argv}\n${process.env}`, process);
    }
  };
  const timer = setInterval(sample, 20);
  sample();
  return {
    stop() {
      clearInterval(timer);
      return [...seen.values()];
    },
  };
}

function look(pid: number): Process {
  return { pid, argv: words(`/proc/${pid}/cmdline`), env: words(`/proc/${pid}/environ`) };
}

function words(path: string): string {
  return read(path).replaceAll('\0', ' ').trim();
}

/** A process may end between any two looks. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
