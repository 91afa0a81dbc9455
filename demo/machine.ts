import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type Applied, type PuppetNode, puppetNode } from '../spec/acceptance/support/puppet.js';
import type { Proxy as CountingProxy } from '../spec/support/proxy.js';
import { size } from '../ts/s3/progress.js';
import type { Interruption } from './interruption.js';
import { picture } from './picture.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));

/** What one `puppet apply` did, and what it asked of S3. */
export interface Run {
  /** A line for each change, as Puppet reports it. */
  changes: string[];
  failures: string[];
  warnings: string[];
  asked: string;
  /** Objects whose bytes came. */
  fetched: number;
}

/** A machine as far as Puppet can tell; all that is ever written there is below one directory. */
export class Machine {
  readonly #node: PuppetNode = puppetNode();
  #site: Record<string, string | number> = {};

  constructor(
    readonly proxy: CountingProxy,
    readonly interruption: Interruption,
  ) {}

  /** Where the examples put their files. */
  get root(): string {
    return join(this.#node.dir, 'srv');
  }

  get ledger(): string {
    return join(this.#node.vardir, 'webhook');
  }

  path(relative: string): string {
    return join(this.root, relative);
  }

  read(relative: string): string {
    return readFileSync(this.path(relative), 'utf8');
  }

  /** All that the module writes: differs after any write to it. */
  picture(): string {
    return picture(this.root, this.ledger);
  }

  filesOfPuppetWith(text: string): string[] {
    return this.#node.filesWith(text);
  }

  /** Tells Hiera what the examples look up; for what is not here they have values of their own. */
  describe(site: Record<string, string | number>): void {
    const datadir = join(this.#node.dir, 'hiera');
    const hierarchy = [
      { name: 'This machine', path: 'machine.yaml', datadir },
      { name: 'The examples', path: 'common.yaml', datadir: join(examples, 'data') },
    ];
    this.#site = { ...this.#site, ...site };
    mkdirSync(datadir, { recursive: true });
    writeFileSync(this.#hiera, stringify({ version: 5, hierarchy }));
    writeFileSync(join(datadir, 'machine.yaml'), stringify(this.#site), { mode: 0o600 });
  }

  /** A profile of credentials, where an administrator puts it. */
  addProfile(name: string, keys: { accessKeyId: string; secretAccessKey: string }): void {
    const dir = join(this.#node.home, '.aws');
    mkdirSync(dir);
    const lines = [
      `[${name}]`,
      `aws_access_key_id = ${keys.accessKeyId}`,
      `aws_secret_access_key = ${keys.secretAccessKey}`,
    ];
    writeFileSync(join(dir, 'credentials'), `${lines.join('\n')}\n`, { mode: 0o600 });
  }

  async apply(example: string, options: { noop?: boolean } = {}): Promise<Run> {
    this.proxy.reset();
    let puppet: number | undefined;
    const applied = await this.interruption.stopping(
      this.#node.apply(readFileSync(join(examples, example), 'utf8'), {
        ...options,
        args: ['--hiera_config', this.#hiera],
        during: async ({ pid }) => {
          puppet = pid;
        },
      }),
      () => kill(puppet),
    );
    this.interruption.check();
    if (!applied.report) throw new Error(`puppet apply did nothing:\n${lastWords(applied)}`);
    const fetches = this.proxy.requests.filter(
      ({ operation, status }) => operation === 'GET_OBJECT' && status === 200,
    );
    return {
      changes: this.#events(applied, (status) => status !== 'failure'),
      failures: this.#events(applied, (status) => status === 'failure'),
      warnings: applied.logs
        .filter(({ level }) => level === 'warning')
        .map(({ message }) => this.#plain(message)),
      asked: this.#asked(fetches.reduce((sum, { bytes }) => sum + bytes, 0)),
      fetched: fetches.length,
    };
  }

  async remove(): Promise<void> {
    await this.#node.remove();
  }

  get #hiera(): string {
    return join(this.#node.dir, 'hiera', 'hiera.yaml');
  }

  #events({ resources }: Applied, wanted: (status: string) => boolean): string[] {
    return Object.entries(resources).flatMap(([ref, { events }]) =>
      events
        .filter(({ status }) => wanted(status))
        .map(({ message }) => this.#plain(`${ref} ${message}`)),
    );
  }

  /** With paths as they would be without a scratch directory before them. */
  #plain(text: string): string {
    return text.replaceAll(this.#node.dir, '');
  }

  #asked(bytes: number): string {
    const { HEAD = 0, LIST = 0, GET_OBJECT = 0 } = this.proxy.counts();
    const asked = [
      LIST > 0 ? `${LIST} LIST` : '',
      HEAD > 0 ? `${HEAD} HEAD` : '',
      GET_OBJECT > 0 ? `${GET_OBJECT} GET of ${size(bytes)} in all` : 'no GET',
    ];
    return `asked of S3: ${asked.filter(Boolean).join(', ')}`;
  }
}

/** A Ctrl-C at a terminal reaches Puppet too, which may be gone before us. */
function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function lastWords({ stdout, stderr }: Applied): string {
  return `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n');
}
