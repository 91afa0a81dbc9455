import t from 'tap';
import { attemptsFor, backOff, isUnreachable, type RetryPolicy } from '../../../ts/s3/retry.js';
import { S3Error } from '../../../ts/s3/s3-error.js';

const policy: RetryPolicy = {
  attempts: 5,
  attemptsAfterTimeout: 2,
  baseDelayMs: 10,
  maxDelayMs: 40,
};
const answered = (status: number, code = '') => new S3Error(status, code, '');
const failed = (code: string) => Object.assign(new Error(code), { code });

t.test('what may pass by itself is tried again', async (t) => {
  for (const error of [
    answered(500, 'InternalError'),
    answered(503, 'SlowDown'),
    answered(503),
    answered(502),
    answered(429),
    answered(400, 'RequestTimeout'),
    failed('ECONNRESET'),
    failed('UND_ERR_SOCKET'),
    failed('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'),
    failed('EAI_AGAIN'),
  ]) {
    t.equal(attemptsFor(error, policy), 5, error.message);
  }
});

t.test('a silence is waited for only once more', async (t) => {
  for (const code of [
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'ETIMEDOUT',
  ]) {
    t.equal(attemptsFor(failed(code), policy), 2, code);
  }
});

t.test('what another attempt would meet again is final', async (t) => {
  for (const error of [
    answered(403, 'AccessDenied'),
    answered(404, 'NoSuchKey'),
    answered(412),
    answered(400, 'ExpiredToken'),
    answered(501, 'NotImplemented'),
    failed('ECONNREFUSED'),
    failed('ENOTFOUND'),
    failed('CERT_HAS_EXPIRED'),
    new Error('of ours'),
    'a text',
    undefined,
  ]) {
    t.equal(attemptsFor(error, policy), 1, String(error));
  }
});

t.test('the wait doubles up to its ceiling, by chance up to half less', async (t) => {
  for (const [attempt, ceiling] of [
    [1, 10],
    [3, 40],
    [30, 40],
  ] as const) {
    const begun = performance.now();
    await backOff(attempt, policy);
    const waited = performance.now() - begun;
    t.ok(waited >= ceiling / 2 - 2 && waited < ceiling + 100, `${waited} ms of ${ceiling}`);
  }
});

t.test('a server is out of reach when no connection came to be', async (t) => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']) {
    t.ok(isUnreachable(failed(code)), code);
  }
  for (const error of [
    answered(503),
    failed('ECONNRESET'),
    failed('CERT_HAS_EXPIRED'),
    undefined,
  ]) {
    t.notOk(isUnreachable(error), String(error));
  }
});
