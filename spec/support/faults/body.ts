import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionClosed, ConnectionReset, type Fault } from '../fault.js';

type Body = AsyncIterable<Uint8Array>;

function changedBody(change: (body: Body) => Body): Fault {
  return async (_request, server) => {
    const reply = await server();
    return { ...reply, body: change(reply.body) };
  };
}

/** At this offset the body stops, for `action` to do what it likes before the rest is sent. */
function pausedAt(offset: number, action: () => unknown): Fault {
  return changedBody(async function* (body) {
    let sent = 0;
    let done = false;
    for await (const chunk of body) {
      if (!done && sent + chunk.length >= offset) {
        done = true;
        yield chunk.subarray(0, offset - sent);
        await action();
        yield chunk.subarray(offset - sent);
      } else {
        yield chunk;
      }
      sent += chunk.length;
    }
  });
}

/** The Content-Length promises all, but the connection is closed after so many bytes. */
export const cutShort = (bytes: number): Fault =>
  pausedAt(bytes, () => {
    throw new ConnectionClosed();
  });

/** A reset throws away what the client has not read yet: it is given time to read. */
export const resetAfter = (bytes: number): Fault =>
  pausedAt(bytes, async () => {
    await sleep(50);
    throw new ConnectionReset();
  });

export const hangAfter = (bytes: number): Fault => pausedAt(bytes, () => new Promise(() => {}));

/** After so many bytes the action runs to its end; the rest of the old body follows. */
export const callAfter = (bytes: number, action: () => Promise<unknown>): Fault =>
  pausedAt(bytes, action);

/** The lowest bit of the byte at this offset is flipped. */
export const flipBit = (offset: number): Fault =>
  changedBody(async function* (body) {
    let sent = 0;
    for await (const chunk of body) {
      const at = offset - sent;
      sent += chunk.length;
      if (at >= 0 && at < chunk.length) {
        const changed = Uint8Array.from(chunk);
        changed[at] = (chunk[at] as number) ^ 1;
        yield changed;
      } else {
        yield chunk;
      }
    }
  });

export const trickle = (bytesPerSecond: number): Fault =>
  changedBody(async function* (body) {
    const step = Math.max(1, Math.floor(bytesPerSecond / 20));
    for await (const chunk of body) {
      for (let offset = 0; offset < chunk.length; offset += step) {
        const slice = chunk.subarray(offset, offset + step);
        yield slice;
        await sleep((slice.length / bytesPerSecond) * 1000);
      }
    }
  });
