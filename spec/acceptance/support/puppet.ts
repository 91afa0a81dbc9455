import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchDir } from '../../support/scratch-dir.js';
import { descendantWith, type Process, watchProcesses } from './processes.js';
import { type Log, parseReport, type Report, type ResourceStatus } from './report.js';

const project = fileURLToPath(new URL('../../..', import.meta.url));

export interface ApplyOptions {
  noop?: boolean;
  debug?: boolean;
  env?: Record<string, string>;
  args?: string[];
  timeoutSeconds?: number;
  /** Samples every process of the run, for what must not be seen there. */
  watch?: boolean;
  /** Runs beside the apply, which ends when both have ended. */
  during?: (running: Running) => Promise<unknown>;
}

export interface Running {
  /** Of puppet itself. */
  pid: number;
  /** Waits until a process below it has this in its arguments, such as s3.cjs; tells its pid. */
  descendant(text: string): Promise<number>;
}

export interface Applied {
  /** 0 no change, 2 changes, 4 failures, 6 both, 1 no run; or null when killed. */
  code: number | null;
  stdout: string;
  stderr: string;
  ms: number;
  /** Nothing when Puppet came to no end. */
  report: Report | undefined;
  resources: Record<string, ResourceStatus>;
  logs: Log[];
  processes: Process[];
}

/** A throw-away machine as far as Puppet can tell: configuration, state and home of its own. */
export interface PuppetNode {
  dir: string;
  confdir: string;
  vardir: string;
  home: string;
  apply(manifest: string, options?: ApplyOptions): Promise<Applied>;
  /** The files of Puppet's configuration and state that hold this text. */
  filesWith(text: string): string[];
  remove(): Promise<void>;
}

/** `modules` are the paths of further modules to install beside this one. */
export function puppetNode(options: { modules?: string[] } = {}): PuppetNode {
  const scratch = scratchDir('webhook-node');
  const dir = scratch.path;
  const [confdir, vardir, codedir, home, modules] = ['conf', 'var', 'code', 'home', 'modules'].map(
    (name) => {
      const path = join(dir, name);
      mkdirSync(path);
      return path;
    },
  ) as [string, string, string, string, string];
  symlinkSync(project, join(modules, 'webhook'));
  for (const path of options.modules ?? []) symlinkSync(path, join(modules, basename(path)));
  const settings = {
    confdir,
    vardir,
    codedir,
    // Unlike Debian's, the gem's Puppet has these outside of the directories above.
    publicdir: join(dir, 'public'),
    logdir: join(vardir, 'log'),
    rundir: join(vardir, 'run'),
    modulepath: modules,
    // Facts of modules that happen to be installed on this machine would be loaded as well.
    basemodulepath: modules,
  };
  const fixed = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const reportFile = join(vardir, 'state', 'last_run_report.yaml');

  return {
    dir,
    confdir,
    vardir,
    home,

    async apply(manifest, options = {}) {
      const file = join(dir, 'manifest.pp');
      writeFileSync(file, manifest, { mode: 0o600 });
      rmSync(reportFile, { force: true });
      const command = (process.env.WEBHOOK_PUPPET ?? 'puppet').split(' ');
      const argv = [
        ...command,
        'apply',
        ...fixed,
        '--detailed-exitcodes',
        '--color=false',
        '--show_diff',
        // Puppet 8 leaves them out unless told otherwise.
        '--no-exclude_unchanged_resources',
        options.debug ? '--debug' : '--verbose',
        ...(options.noop ? ['--noop'] : []),
        ...(options.args ?? []),
        file,
      ];
      const env = { ...ambient(), HOME: home, ...options.env };
      const ended = await run(argv, env, options);
      const report = readReport(reportFile);
      return { ...ended, report, resources: report?.resources ?? {}, logs: report?.logs ?? [] };
    },

    filesWith(text) {
      return [confdir, vardir, codedir].flatMap((root) =>
        readdirSync(root, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .filter((path) => readFileSync(path).includes(text)),
      );
    },

    remove: () => scratch.remove(),
  };
}

/** The environment without what would lead an S3 client elsewhere. */
function ambient(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^AWS_/.test(name)));
}

async function run(
  argv: string[],
  env: NodeJS.ProcessEnv,
  options: ApplyOptions,
): Promise<Pick<Applied, 'code' | 'stdout' | 'stderr' | 'ms' | 'processes'>> {
  const start = performance.now();
  // tap tells every node below it to report its coverage: the helper is not to be slowed by it.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', ...argv], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (options.timeoutSeconds ?? 120) * 1000,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const pid = child.pid ?? 0;
  const watch = options.watch ? watchProcesses(pid) : undefined;
  const running: Running = { pid, descendant: (text) => descendantWith(pid, text) };
  try {
    const [code] = await Promise.all([exit, options.during?.(running)]);
    const ms = performance.now() - start;
    const processes = watch?.stop() ?? [];
    return { code, ...output, stderr: withoutFacter(output.stderr), ms, processes };
  } finally {
    watch?.stop();
    child.kill('SIGKILL');
  }
}

/** Where the first process is not ours to read, as in some containers, Facter says so in red. */
function withoutFacter(stderr: string): string {
  return stderr.replace(/^.*Facter: .*\/proc\/1\/environ.*\n/gm, '');
}

function readReport(path: string): Report | undefined {
  try {
    return parseReport(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
