import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon } from './daemon.js';
import { freePort } from './free-port.js';
import { scratchDir } from './scratch-dir.js';
import { untilListening } from './until-listening.js';

/**
 * haproxy on loopback before another server. Each path has a count of its own, which the server
 * behind sees as X-Count; `/busy`, `/limited`, `/limited-until` and `/cut` fail twice, then pass.
 */
export interface Haproxy {
  url: string;
  /** The same server, but each connection is held back for this long. */
  slow: string;
  slowMs: number;
  stop(): Promise<void>;
}

const SLOW_MS = 3_000;

export async function startHaproxy(options: { port: number }): Promise<Haproxy> {
  const scratch = scratchDir('webhook-haproxy');
  const dir = scratch.path;
  const [port, slowPort] = await Promise.all([freePort(), freePort()]);
  const conf = join(dir, 'haproxy.cfg');
  writeFileSync(conf, configuration({ port, slowPort, behind: options.port }));
  const daemon = startDaemon(['haproxy', '-db', '-f', conf], { log: join(dir, 'out') });
  const stop = async () => {
    await daemon.stop();
    await scratch.remove();
  };
  try {
    await Promise.all([untilListening(port, daemon), untilListening(slowPort, daemon)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    slow: `http://127.0.0.1:${slowPort}`,
    slowMs: SLOW_MS,
    stop,
  };
}

function configuration(at: { port: number; slowPort: number; behind: number }): string {
  return `global
  maxconn 100
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  retries 0
frontend front
  bind 127.0.0.1:${at.port}
  stick-table type string len 64 size 1k expire 10m store http_req_cnt
  http-request track-sc0 path
  http-request set-header X-Count %[sc_http_req_cnt(0)]
  acl early sc_http_req_cnt(0) le 2
  http-request return status 503 hdr Retry-After 1 content-type text/plain string "come back" if { path_beg /busy } early
  http-request return status 429 hdr Retry-After 1 if { path_beg /limited/ } early
  http-request return status 429 hdr Retry-After %[date(2),http_date] if { path_beg /limited-until } early
  http-request return status 503 hdr Retry-After 3600 if { path_beg /for-hours }
  http-request return status 503 if { path_beg /always-busy }
  http-request reject if { path_beg /cut } early
  http-request reject if { path_beg /always-cut }
  default_backend behind
frontend slow
  mode tcp
  bind 127.0.0.1:${at.slowPort}
  tcp-request inspect-delay ${SLOW_MS}ms
  tcp-request content accept if WAIT_END
  default_backend bytes
backend bytes
  mode tcp
  server behind 127.0.0.1:${at.behind}
backend behind
  server behind 127.0.0.1:${at.behind}
`;
}
