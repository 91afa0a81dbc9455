import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../command.js';
import type { Objects } from './objects.js';
import type { Stage } from './stage.js';

const SECONDS = 3;

/**
 * How many milliseconds the server itself takes to give these objects to wrk, which neither signs,
 * lists, verifies nor writes anything.
 */
export function serverLimit(stage: Stage, { keys }: Objects): Promise<number> {
  return stage.withFresh(async (dir) => {
    const script = join(dir, 'keys.lua');
    writeFileSync(script, luaRequests(keys.map((key) => `/${stage.bucket.name}/${key}`)));
    const { stdout } = await runCommand(
      ['wrk', '-t2', '-c32', `-d${SECONDS}s`, '-s', script, stage.rgw.endpoint],
      {},
    );
    const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
    if (!perSecond || /Non-2xx/.test(stdout)) throw new Error(`wrk: ${stdout}`);
    return (keys.length / perSecond) * 1000;
  });
}

function luaRequests(paths: string[]): string {
  return (
    `local paths = {${paths.map((path) => JSON.stringify(path)).join(',')}}\n` +
    'local n = 0\n' +
    'function request() n = n % #paths + 1; return wrk.format("GET", paths[n]) end\n'
  );
}
