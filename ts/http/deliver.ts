import { randomUUID } from 'node:crypto';
import { messageOf, UserError } from '../helper/errors.js';
import { type Answer, jsonOf } from './answer.js';
import { type Call, nameOf } from './call.js';
import { explainAnswer } from './explain.js';
import { type HeaderFields, headerName, headerValue } from './headers.js';
import type { Identity } from './identity.js';
import type { Memory } from './memory.js';
import { poll } from './poll.js';
import { ask, type Finding, unlike } from './probe.js';
import type { HttpResource } from './resource.js';
import { type Sending, send } from './send.js';
import { signatureFor } from './signature.js';

/** Sends what is due, and is content only when everything that was promised has come true. */
export async function deliver(
  call: Call,
  identity: Identity,
  unless: Finding | undefined,
  memory: Memory,
  sending: Sending,
): Promise<string> {
  const { resource } = sending;
  const key = intent(resource, identity, memory);
  const id = key ?? randomUUID();
  const headers = (precondition: HeaderFields) => (): HeaderFields => ({
    ...precondition,
    ...(key === undefined ? {} : idempotency(resource, key)),
    ...signatureFor(resource, call.body ?? Buffer.alloc(0), id),
  });
  const ifMatch = resource.if_match === true;
  const accept = (answer: Answer): boolean =>
    isSuccess(answer, resource) || (ifMatch && answer.status === 412);
  const once = (finding: Finding | undefined): Promise<Answer> =>
    send(
      call,
      {
        headers: headers(ifMatch ? conditionOf(finding, call) : {}),
        keyed: key !== undefined,
        accept,
      },
      sending,
    );

  let answer = await once(unless);
  if (ifMatch && answer.status === 412 && resource.unless) {
    const again = await ask(resource.unless, call.target, sending);
    if (again.holds) return `${nameOf(call)} was not needed any more: unless holds meanwhile`;
    answer = await once(again);
  }
  if (!isSuccess(answer, resource)) throw explainAnswer(answer, call, 1);
  const { status } = answer;
  if (status === 202 && resource.poll !== undefined) {
    answer = await poll(answer, call, resource.poll, sending);
  } else if (resource.expect !== undefined) expectations(answer, call, resource);
  if (resource.verify && resource.unless) await verify(call, resource, sending);
  return `sent: ${nameOf(call)} → ${status}`;
}

function isSuccess({ status }: Answer, resource: HttpResource): boolean {
  return resource.status ? resource.status.includes(status) : status >= 200 && status < 300;
}

/** The key of this intent, on disk before anything is sent: a run that crashed comes back to it. */
function intent(resource: HttpResource, { digest }: Identity, memory: Memory): string | undefined {
  const before = memory.get(resource.title);
  if (!resource.idempotency_key) {
    // Should it fail, it may have arrived all the same: what succeeded before is no longer the last.
    const overrides = before.sent && before.sent.digest !== digest;
    if (overrides) memory.set(resource.title, { ...before, pending: { digest } });
    return undefined;
  }
  const kept = before.pending?.digest === digest ? before.pending.key : undefined;
  const key = typeof resource.idempotency_key === 'string' ? resource.idempotency_key : kept;
  const pending = { key: key ?? randomUUID(), digest };
  memory.set(resource.title, { ...before, pending }, { flush: true });
  return pending.key;
}

function idempotency({ idempotency_header }: HttpResource, key: string): HeaderFields {
  return {
    [headerName('idempotency_header', idempotency_header)]: headerValue('idempotency_key', key),
  };
}

function conditionOf(finding: Finding | undefined, call: Call): HeaderFields {
  if (finding && !finding.exists) return { 'if-none-match': '*' };
  if (finding?.etag !== undefined) return { 'if-match': finding.etag };
  throw new UserError(
    'if_match',
    `${nameOf(call)}: the unless probe's answer has no ETag for if_match; leave if_match out`,
  );
}

function expectations(answer: Answer, call: Call, { expect }: HttpResource): void {
  let said: string | undefined;
  try {
    said = unlike(expect, jsonOf(answer));
  } catch (error) {
    throw new UserError('expect', `${nameOf(call)} → ${answer.status}: ${messageOf(error)}`);
  }
  if (said === undefined) return;
  throw new UserError(
    'expect',
    `${nameOf(call)} → ${answer.status}, but it answered ${said}, which is not what expect says`,
  );
}

async function verify(call: Call, resource: HttpResource, sending: Sending): Promise<void> {
  if (!resource.unless) return;
  const after = await ask(resource.unless, call.target, sending);
  if (after.holds) return;
  throw new UserError(
    'verify',
    `${nameOf(call)} was sent, but the unless probe still says ${after.said}`,
  );
}
