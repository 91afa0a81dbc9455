import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import { scratchDir } from '../spec/support/scratch-dir.js';

const DATA_BYTES = 12 * 2 ** 20;

/** What a build server makes of one version of a service: a tar.gz. */
export async function build(version: string): Promise<Buffer> {
  const scratch = scratchDir('webhook-build');
  try {
    const cwd = scratch.path;
    mkdirSync(join(cwd, 'bin'));
    writeFileSync(join(cwd, 'VERSION'), `${version}\n`);
    writeFileSync(join(cwd, 'bin/our_app'), '#!/bin/sh\ncat "$(dirname "$0")/../VERSION"\n');
    chmodSync(join(cwd, 'bin/our_app'), 0o755);
    // Of equal size, only a fetch could tell two uploads in parts apart.
    writeFileSync(join(cwd, 'data'), randomBytes(DATA_BYTES + 1000 * version.length));
    return await buffer(create({ cwd, gzip: true, portable: true }, ['VERSION', 'bin', 'data']));
  } finally {
    await scratch.remove();
  }
}
