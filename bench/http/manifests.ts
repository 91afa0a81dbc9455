import { join } from 'node:path';

function each(count: number, one: (name: string) => string): string {
  return Array.from(
    { length: count },
    (_, n) => `${one(`item-${String(n).padStart(4, '0')}`)}\n`,
  ).join('');
}

export function asHttp(port: number, count: number): string {
  return each(
    count,
    (name) =>
      `http { 'api/${name}': ensure => post, fqdn => '127.0.0.1', port => ${port}, ` +
      `data => { 'name' => '${name}', 'size' => 4 } }`,
  );
}

/** What people write without a type for it. */
export function asCurl(port: number, count: number): string {
  return each(
    count,
    (name) =>
      `exec { 'api/${name}': command => '/usr/bin/curl --silent --fail ` +
      `--header "Content-Type: application/json" --data "{\\"name\\":\\"${name}\\",\\"size\\":4}" ` +
      `http://127.0.0.1:${port}/api/${name}' }`,
  );
}

export function asFile(dir: string, count: number): string {
  return each(
    count,
    (name) => `file { '${join(dir, name)}': content => '${name.padEnd(1024, '.')}' }`,
  );
}
