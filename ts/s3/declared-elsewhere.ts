import type { S3Resource } from './resource.js';

/** Which paths of a prefix's directory belong to other resources of the catalog. */
export function declaredElsewhere({
  declared,
}: Pick<S3Resource, 'declared'>): (key: string) => boolean {
  const paths = new Set(declared);
  return (key) => {
    if (paths.has(key)) return true;
    const path = `${key}/`;
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1))
      if (paths.has(path.slice(0, at + 1))) return true;
    return false;
  };
}
