import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from './certificates.js';
import { startDaemon } from './daemon.js';
import { freePort } from './free-port.js';
import { scratchDir } from './scratch-dir.js';
import { untilListening } from './until-listening.js';

/** nginx on loopback: one server that knows users, one that knows certificates. */
export interface Nginx {
  /** http, by Basic authentication. */
  basic: string;
  basicPort: number;
  /** https, for holders of a certificate of its authority; it answers with whom it saw. */
  mutual: string;
  mutualPort: number;
  /** `METHOD PATH STATUS USER SUBJECT` of each request that it has answered. */
  requests(): string[];
  stop(): Promise<void>;
}

export interface NginxOptions {
  server: Certificate;
  /** Whose certificates it takes. */
  caFile: string;
  user: string;
  password: string;
}

export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const scratch = scratchDir('webhook-nginx');
  const dir = scratch.path;
  const [basicPort, mutualPort] = await Promise.all([freePort(), freePort()]);
  mkdirSync(join(dir, 'temp'));
  writeFileSync(join(dir, 'server.key'), options.server.key, { mode: 0o600 });
  writeFileSync(join(dir, 'server.pem'), options.server.cert);
  // A digest, since in plain text a colon would end it.
  const digest = createHash('sha1').update(options.password).digest('base64');
  writeFileSync(join(dir, 'users'), `${options.user}:{SHA}${digest}\n`);
  writeFileSync(join(dir, 'kept'), '{}\n');
  const requests = join(dir, 'requests');
  writeFileSync(requests, '');
  const conf = join(dir, 'nginx.conf');
  writeFileSync(conf, configuration(dir, { basicPort, mutualPort, caFile: options.caFile }));
  const daemon = startDaemon(['nginx', '-p', dir, '-c', conf, '-e', join(dir, 'errors')], {
    log: join(dir, 'out'),
  });
  const stop = async () => {
    await daemon.stop();
    await scratch.remove();
  };
  try {
    await Promise.all([untilListening(basicPort, daemon), untilListening(mutualPort, daemon)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    basic: `http://127.0.0.1:${basicPort}`,
    basicPort,
    mutual: `https://localhost:${mutualPort}`,
    mutualPort,
    requests: () => readFileSync(requests, 'utf8').split('\n').filter(Boolean),
    stop,
  };
}

/** One process in the foreground: a worker of another user could not read what is ours. */
function configuration(
  dir: string,
  at: { basicPort: number; mutualPort: number; caFile: string },
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${dir}/temp/${name};`)
    .join('\n');
  return `daemon off;
master_process off;
pid ${dir}/pid;
events {}
http {
${temporary}
  log_format seen '$request_method $request_uri $status $remote_user $ssl_client_s_dn';
  access_log ${dir}/requests seen;
  default_type application/json;
  server {
    listen 127.0.0.1:${at.basicPort};
    auth_basic "builds, please";
    auth_basic_user_file ${dir}/users;
    # A file: what nginx returns at once it would give to anyone.
    location / { root ${dir}; try_files /kept =404; }
  }
  server {
    listen 127.0.0.1:${at.mutualPort} ssl;
    ssl_certificate ${dir}/server.pem;
    ssl_certificate_key ${dir}/server.key;
    ssl_client_certificate ${at.caFile};
    ssl_verify_client on;
    location / { return 200 '{"subject": "$ssl_client_s_dn"}'; }
  }
}
`;
}
