import type { PuppetNode } from '../spec/acceptance/support/puppet.js';

/** The wall time of a whole `puppet apply`, which counts only if this is what it did. */
export async function applied(
  node: PuppetNode,
  manifest: string,
  count: number,
  expected: 'changed' | 'unchanged',
  env: Record<string, string> = {},
): Promise<number> {
  const { code, ms, resources, stderr } = await node.apply(manifest, {
    timeoutSeconds: 600,
    env,
  });
  const found = Object.values(resources).filter(({ status }) => status === expected).length;
  if (code !== (expected === 'changed' ? 2 : 0) || found !== count) {
    throw new Error(
      `puppet apply ended with ${code} and ${found} of ${count} resources ${expected}: ` +
        stderr.slice(0, 1000),
    );
  }
  return ms;
}
