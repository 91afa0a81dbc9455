import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../helper/errors.js';
import { header } from '../net/transport.js';
import { type Answer, jsonOf } from './answer.js';
import { type Call, nameOf } from './call.js';
import { withoutContent } from './headers.js';
import { unlike } from './probe.js';
import { retryAfter } from './retry-after.js';
import { type Sending, send } from './send.js';

/** Follows what was accepted for later until it has come to its end. */
export async function poll(
  accepted: Answer,
  call: Call,
  every: number,
  sending: Sending,
): Promise<Answer> {
  const place =
    header(accepted.headers, 'operation-location') ?? header(accepted.headers, 'location');
  if (place === undefined || !URL.canParse(place, accepted.url.href)) {
    throw new UserError(
      'poll',
      `${nameOf(call)}: HTTP 202 without a Location to poll; leave poll out`,
    );
  }
  const url = new URL(place, accepted.url);
  const question: Call = {
    method: 'GET',
    target: url.origin === call.target.url.origin ? { ...call.target, url } : { url },
    headers: withoutContent(call.headers),
    body: undefined,
  };
  const { expect, total_timeout } = sending.resource;
  for (let last = accepted; ; ) {
    const wait = retryAfter(header(last.headers, 'retry-after')) ?? every * 1000;
    if (Date.now() + wait >= sending.deadline) {
      throw new UserError(
        'poll',
        `${nameOf(question)}: it was not done within total_timeout (${total_timeout} s)${lately(last, expect)}`,
      );
    }
    await sleep(wait);
    last = await send(question, { accept: isSuccess }, sending);
    const done = expect === undefined ? last.status !== 202 : !lately(last, expect);
    if (done) return last;
    sending.log('debug', `${nameOf(question)}: not done yet${lately(last, expect)}`);
  }
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** What the last answer said instead of what is expected. */
function lately(answer: Answer, expect: unknown): string {
  if (expect === undefined) return '';
  try {
    const said = unlike(expect, jsonOf(answer));
    return said ? `, it said ${said}` : '';
  } catch {
    return ', it said no JSON';
  }
}
