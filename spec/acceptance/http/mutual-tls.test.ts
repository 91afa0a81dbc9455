import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeCertificates } from '../../support/certificates.js';
import { startHttpServer } from '../../support/http-server.js';
import { startNginx } from '../../support/nginx.js';
import { type Attributes, resource } from '../support/manifest.js';
import { type Applied, puppetNode } from '../support/puppet.js';
import { outcome } from '../support/site.js';

const node = puppetNode();
t.teardown(() => node.remove());
const directory = (name: string): string => {
  const path = join(node.dir, name);
  mkdirSync(path, { recursive: true });
  return path;
};
const ours = await makeCertificates(directory('ours'));
await makeCertificates(directory('theirs'));
const nginx = await startNginx({
  server: ours.valid,
  caFile: ours.caFile,
  user: 'deploy',
  password: 'pass:word with spaces',
});
t.teardown(() => nginx.stop());

/** A file of one's own for each half of a certificate. */
function files(set: 'ours' | 'theirs') {
  return {
    client_cert: join(node.dir, set, 'valid.pem'),
    client_key: join(node.dir, set, 'valid.key'),
    ca_file: ours.caFile,
  };
}

const mutual = (name: string, attributes: Attributes) =>
  resource('http', name, { url: `${nginx.mutual}/${name}`, ...attributes });
const errors = (applied: Applied, name: string) => outcome(applied, `Http[${name}]`).errors;
const status = (applied: Applied, name: string) => outcome(applied, `Http[${name}]`).status;
const seen = (name: string) => nginx.requests().filter((line) => line.includes(`/${name} `));

t.test('client_cert and client_key tell nginx who asks', async (t) => {
  const { client_cert, client_key } = files('ours');
  const applied = await node.apply(
    mutual('known', files('ours')) +
      mutual('unknown', { ca_file: ours.caFile }) +
      mutual('of-another-authority', files('theirs')) +
      mutual('distrustful', { client_cert, client_key }) +
      mutual('mixed-up', { ...files('ours'), client_key: files('theirs').client_key }) +
      mutual('missing', { ...files('ours'), client_key: '/no/such.key' }) +
      mutual('garbage', { ...files('ours'), client_cert: files('ours').client_key }),
  );
  t.equal(applied.code, 6);
  t.match(outcome(applied, 'Http[known]').messages, [/^sent: GET https:\S+ → 200 \(first time\)$/]);
  t.same(seen('known'), ['GET /known 200 - CN=valid']);
  t.match(errors(applied, 'unknown'), [
    /HTTP 400, .*No required SSL certificate was sent.*; .*client_cert/,
  ]);
  t.match(errors(applied, 'of-another-authority'), [
    /HTTP 400, .*SSL certificate error.*; .*client_cert/,
  ]);
  t.match(errors(applied, 'distrustful'), [/from an unknown authority \(\w+\); set ca_file/]);
  t.match(errors(applied, 'mixed-up'), [/client_key does not belong to client_cert/]);
  t.match(errors(applied, 'missing'), [/cannot read client_key: .*no such file or directory/]);
  t.match(errors(applied, 'garbage'), [/client_cert/]);
  t.same(seen('distrustful'), []);
});

t.test('a server that ends the handshake where no certificate is shown', async (t) => {
  const server = await startHttpServer(() => ({}), {
    tls: {
      ...ours.valid,
      ca: readFileSync(ours.caFile),
      requestCert: true,
      rejectUnauthorized: true,
    },
  });
  t.teardown(() => server.stop());
  const strict = (name: string, attributes: Attributes) =>
    resource('http', name, { url: `${server.url}/${name}`, ca_file: ours.caFile, ...attributes });
  const applied = await node.apply(
    strict('shown', files('ours')) +
      strict('not-shown', { retries: 0 }) +
      strict('post', { ensure: 'post' }),
  );
  t.equal(status(applied, 'shown'), 'changed');
  t.match(errors(applied, 'not-shown'), [/client_cert/]);
  t.match(errors(applied, 'post'), [/client_cert/]);
  t.equal(server.asked.length, 1);
});

t.test('puppet_ssl: the agent’s own certificate, and Puppet’s authority', async (t) => {
  const certname = 'agent.example.com';
  const ssl = join(node.confdir, 'ssl');
  for (const name of ['certs', 'private_keys']) mkdirSync(join(ssl, name), { recursive: true });
  writeFileSync(join(ssl, 'certs', `${certname}.pem`), readFileSync(files('ours').client_cert));
  writeFileSync(
    join(ssl, 'private_keys', `${certname}.pem`),
    readFileSync(files('ours').client_key),
  );
  writeFileSync(join(ssl, 'certs', 'ca.pem'), readFileSync(ours.caFile));
  const manifest = mutual('by-agent', { puppet_ssl: true });
  const applied = await node.apply(manifest, {
    args: [`--certname=${certname}`, `--ssldir=${ssl}`],
  });
  t.equal(applied.code, 2, applied.stderr);
  t.same(seen('by-agent'), ['GET /by-agent 200 - CN=valid']);

  const without = await node.apply(mutual('no-agent', { puppet_ssl: true }), {
    args: ['--certname=nobody.example.com', `--ssldir=${ssl}`],
  });
  t.equal(without.code, 4);
  t.match(errors(without, 'no-agent'), [/puppet_ssl/]);
});

t.test('user and password tell nginx who asks', async (t) => {
  const basic = (name: string, attributes: Attributes) =>
    resource('http', name, { url: `${nginx.basic}/${name}`, ...attributes });
  const right = { user: 'deploy', password: 'pass:word with spaces' };
  const netrc = join(node.home, '.netrc');
  writeFileSync(netrc, `machine 127.0.0.1\n  login deploy\n  password "${right.password}"\n`, {
    mode: 0o600,
  });
  const elsewhere = join(node.home, 'netrc-of-another');
  writeFileSync(elsewhere, 'machine example.com login x password y\n', { mode: 0o600 });
  const applied = await node.apply(
    basic('right', right) +
      basic('wrong', { ...right, password: 'wrong' }) +
      basic('nobody', {}) +
      basic('netrc', { netrc: true }) +
      basic('netrc-of-another', { netrc: elsewhere }) +
      basic('netrc-missing', { netrc: '/no/such/netrc' }) +
      resource('http', 'in-url', {
        url: `${nginx.basic.replace('//', '//deploy:pass%3Aword%20with%20spaces@')}/in-url`,
      }),
  );
  for (const name of ['right', 'netrc', 'in-url']) {
    t.equal(status(applied, name), 'changed', name);
    t.same(seen(name), [`GET /${name} 200 deploy -`]);
  }
  for (const name of ['wrong', 'nobody', 'netrc-of-another']) {
    t.match(errors(applied, name), [
      /GET http:\/\/127\S+: HTTP 401, .*; the server wants to know who asks; check bearer_token, user and password, or netrc$/,
    ]);
  }
  t.match(errors(applied, 'netrc-missing'), [/netrc \/no\/such\/netrc: there is no such file$/]);
});
