// Bundles each executable of the module into one file that Node runs without node_modules.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const BUNDLES = {
  'ts/s3.ts': 'lib/puppet_x/webhook/s3.cjs',
  'ts/http.ts': 'lib/puppet_x/webhook/http.cjs',
  'ts/listener.ts': 'files/listener.cjs',
};

const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };

for (const [entry, outfile] of Object.entries(BUNDLES)) {
  if (!existsSync(root + entry)) continue;
  const started = performance.now();
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'cjs',
    define: { __VERSION__: JSON.stringify(version) },
    banner: { js: `// Built by "npm run build" from ${entry}. Do not edit.` },
    // Identifiers stay as written: a stack trace in an operator's log must be readable.
    minifyWhitespace: true,
    minifySyntax: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  const bytes = metafile.outputs[outfile]?.bytes ?? 0;
  const ms = Math.round(performance.now() - started);
  console.log(`${outfile}: ${Math.round(bytes / 1024)} KiB in ${ms} ms`);
}
