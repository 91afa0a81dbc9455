import { compileGlob } from './glob.js';
import type { S3Resource } from './resource.js';

/** Which keys of a prefix are ours to bring, change and purge; all others are left alone. */
export function selection(
  resource: Pick<S3Resource, 'include' | 'exclude'>,
): (key: string) => boolean {
  const include = (resource.include ?? []).map(compileGlob);
  const exclude = (resource.exclude ?? []).map(compileGlob);
  return (key) =>
    (include.length === 0 || include.some((matches) => matches(key))) &&
    !exclude.some((matches) => matches(key));
}
