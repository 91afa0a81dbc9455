import { chmodSync, mkdirSync } from 'node:fs';
import { codeOf } from '../helper/errors.js';
import { directoryMode } from './attributes.js';
import { explainDisk } from './explain-disk.js';
import { look } from './local.js';
import { give } from './ownership.js';
import type { S3Resource } from './resource.js';

/** Makes a directory that the files of a resource go into; one that is there is left as it is. */
export function makeDirectory(path: string, resource: S3Resource): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    give(path, resource);
    chmodSync(path, directoryMode(resource.mode));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !look(path)?.isDirectory()) throw explainDisk(error, path);
  }
}
