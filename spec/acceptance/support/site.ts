import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Test } from 'tap';
import { type Proxy as CountingProxy, type Seen, startProxy } from '../../support/proxy.js';
import { type Rgw, useRgw } from '../../support/rgw.js';
import { type Bucket, type S3Admin, s3Admin } from '../../support/s3-admin.js';
import type { Operation } from '../../support/s3-request.js';
import { type Attributes, resource } from './manifest.js';
import { type Applied, type PuppetNode, puppetNode } from './puppet.js';

/** What most tests of a concern share: a bucket, a proxy that counts before it, and a machine. */
export interface Site {
  rgw: Rgw;
  admin: S3Admin;
  bucket: Bucket;
  proxy: CountingProxy;
  node: PuppetNode;
  /** Where the targets go; no configuration or state of Puppet is there. */
  dir: string;
  /** What the helper remembers from run to run. */
  ledger: string;
  path(name: string): string;
  /** An `s3` resource below dir, from the key, through the proxy, by the first user's keys. */
  s3(name: string, key: string, attributes?: Attributes): string;
  /** How many requests of this kind this key has seen. */
  count(operation: Operation, key: string): number;
  forget(): void;
  stop(): Promise<void>;
}

export async function startSite(t: Test): Promise<Site> {
  const rgw = await useRgw();
  const admin = s3Admin(rgw);
  const [bucket, proxy] = await Promise.all([
    admin.makeBucket(),
    startProxy({ target: rgw.endpoint }),
  ]);
  const node = puppetNode();
  const dir = join(node.dir, 'targets');
  mkdirSync(dir);
  const ledger = join(node.vardir, 'webhook');
  const path = (name: string) => join(dir, name);
  const keys = {
    access_key_id: rgw.accessKeyId,
    secret_access_key: rgw.secretAccessKey,
  };
  const site: Site = {
    rgw,
    admin,
    bucket,
    proxy,
    node,
    dir,
    ledger,
    path,
    s3: (name, key, attributes = {}) =>
      resource('s3', path(name), {
        source: `/${bucket.name}/${key}`,
        endpoint: proxy.endpoint,
        ...keys,
        ...attributes,
      }),
    count: (operation, key) =>
      proxy.requests.filter((seen: Seen) => seen.operation === operation && seen.key === key)
        .length,
    forget: () => rmSync(ledger, { recursive: true }),
    async stop() {
      await proxy.stop();
      await node.remove();
      admin.close();
      await rgw.stop();
    },
  };
  t.teardown(() => site.stop());
  return site;
}

/** What became of an `s3` resource, by its path, or of another one, as in S3file[title]. */
export function outcome(applied: Applied, name: string) {
  const ref = name.startsWith('/') ? `S3[${name}]` : name;
  const status = applied.resources[ref];
  return {
    status: status?.status,
    messages: status?.events.map(({ message }) => message) ?? [],
    errors: applied.logs
      .filter(({ level, source }) => level === 'err' && source.includes(ref))
      .map(({ message }) => message),
  };
}

export function said(applied: Applied, level: string): string[] {
  return applied.logs.filter((log) => log.level === level).map(({ message }) => message);
}

/** The files that a run brings and has neither placed nor removed. */
export function leftovers(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    basename(name).startsWith('.webhook-'),
  );
}
