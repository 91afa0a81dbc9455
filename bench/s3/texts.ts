import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.js';

/** The same small texts as objects on S3, as local files, and in memory for a manifest. */
export interface Texts {
  prefix: string;
  bodies: Map<string, string>;
  /** A directory with a file of each name. */
  local: string;
}

/** As large as a small configuration file. */
const BYTES = 1024;

export async function putTexts(stage: Stage, count: number, local: string): Promise<Texts> {
  const prefix = `texts-${count}/`;
  const bodies = new Map<string, string>();
  mkdirSync(local, { recursive: true });
  for (let n = 0; n < count; n++) {
    const name = `${String(n).padStart(4, '0')}.conf`;
    const body = randomBytes(BYTES / 2).toString('hex');
    bodies.set(name, body);
    writeFileSync(join(local, name), body);
  }
  const objects = [...bodies].map(([name, body]) => [prefix + name, body] as const);
  await stage.bucket.putAll(objects);
  return { prefix, bodies, local };
}

/** Each object declared by itself. */
export function asS3(stage: Stage, texts: Texts, dir: string): string {
  const { endpoint, accessKeyId, secretAccessKey } = stage.rgw;
  const defaults =
    `S3 { endpoint => '${endpoint}', access_key_id => '${accessKeyId}', ` +
    `secret_access_key => '${secretAccessKey}' }\n`;
  const source = `/${stage.bucket.name}/${texts.prefix}`;
  return (
    defaults + declare(texts, (name) => `s3 { '${dir}/${name}': source => '${source}${name}' }`)
  );
}

export function asFileContent(texts: Texts, dir: string): string {
  return declare(texts, (name, body) => `file { '${dir}/${name}': content => '${body}' }`);
}

export function asFileSource(texts: Texts, dir: string): string {
  return declare(texts, (name) => `file { '${dir}/${name}': source => '${texts.local}/${name}' }`);
}

export function asArchive(stage: Stage, texts: Texts, dir: string): string {
  const source = `s3://${stage.bucket.name}/${texts.prefix}`;
  const options = `['--endpoint-url', '${stage.rgw.endpoint}']`;
  return declare(
    texts,
    (name) =>
      `archive { '${dir}/${name}': source => '${source}${name}', ` +
      `provider => ruby, download_options => ${options} }`,
  );
}

function declare({ bodies }: Texts, one: (name: string, body: string) => string): string {
  return [...bodies].map(([name, body]) => `${one(name, body)}\n`).join('');
}
