import t from 'tap';
import { callOf } from '../../../ts/http/call.js';
import { explainAnswer, explainFailure, NoAnswer } from '../../../ts/http/explain.js';
import { request } from './request.js';

const call = callOf(request({ ensure: 'delete', url: 'https://me:word@a.example.com/x?y=1' }));
const answer = (status: number, headers = {}, body = '') =>
  explainAnswer(
    { status, headers, body: Buffer.from(body), cut: false, url: call.target.url },
    call,
    1,
  ).message;

t.test('a line names method, URL, status and body, and says what to do', async (t) => {
  const name = 'DELETE https://a.example.com/x?y=1: HTTP';
  for (const [status, advice] of [
    [400, /; check data and header$/],
    [401, /; check bearer_token, user and password, or netrc$/],
    [403, /; check them, and what they may do$/],
    [404, /; check the URL$/],
    [407, /user and password into proxy's URL$/],
    [409, /; look at the server$/],
    [412, /the next run reads it anew$/],
    [413, /data is too large/],
    [415, /; set header$/],
    [422, /the same key came with other data before$/],
    [429, /try again later$/],
    [503, /; look at its logs$/],
    [201, /status does not list it$/],
  ] as const) {
    const line = answer(status);
    t.ok(line.startsWith(`${name} ${status}, an empty body; `), line);
    t.match(line, advice);
  }
  t.match(answer(405, { allow: 'GET' }), /check ensure \(allowed: GET\)$/);
  t.match(
    answer(302, { location: '/login' }),
    /it redirects to https:\/\/a.example.com\/login: correct the URL, or set follow_redirects$/,
  );
  t.match(answer(500, {}, '{"password":"abcdef"}'), /HTTP 500, \{"password":"\[redacted\]"\}; /);
});

t.test('a failure keeps its code, and tells the attempts', async (t) => {
  t.match(explainFailure(new NoAnswer(5, 'timeout'), call, 3, request()), {
    code: 'timeout',
    message:
      'DELETE https://a.example.com/x?y=1: no answer within 5 s; look at the server, or raise timeout (3 attempts)',
  });
});
