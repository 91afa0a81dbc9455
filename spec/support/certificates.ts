import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

export interface Certificate {
  key: string;
  cert: string;
}

export interface Certificates {
  /** The path of the authority's certificate, for who is to trust it. */
  caFile: string;
  /** For 127.0.0.1 and localhost. */
  valid: Certificate;
  /** The same, since yesterday no more. */
  expired: Certificate;
  /** For a host that nobody here is. */
  otherHost: Certificate;
}

/** A throw-away authority and what it has signed, written to a directory. */
export async function makeCertificates(dir: string): Promise<Certificates> {
  const caFile = join(dir, 'ca.pem');
  const caKey = join(dir, 'ca.key');
  const ca = ['-keyout', caKey, '-out', caFile, '-days', '2', '-subj', '/CN=Test authority'];
  await run('openssl', ['req', '-x509', ...newKey, ...ca]);

  const sign = async (name: string, subject: string, days: number): Promise<Certificate> => {
    const [key, request, cert] = ['key', 'csr', 'pem'].map((end) => join(dir, `${name}.${end}`));
    const files = { key: key as string, request: request as string, cert: cert as string };
    const host = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${subject}`];
    await run('openssl', ['req', ...newKey, '-keyout', files.key, '-out', files.request, ...host]);
    const signing = ['-CA', caFile, '-CAkey', caKey, '-copy_extensions', 'copy'];
    const validity = ['-days', String(days)];
    await run('openssl', [
      'x509',
      '-req',
      ...['-in', files.request, '-out', files.cert],
      ...signing,
      ...validity,
    ]);
    return { key: readFileSync(files.key, 'utf8'), cert: readFileSync(files.cert, 'utf8') };
  };

  const here = 'IP:127.0.0.1,DNS:localhost';
  const [valid, expired, otherHost] = await Promise.all([
    sign('valid', here, 2),
    sign('expired', here, -1),
    sign('other-host', 'DNS:elsewhere.example', 2),
  ]);
  return { caFile, valid, expired, otherHost };
}
