import type { Operation, S3Request } from './s3-request.js';

export interface Reply {
  status: number;
  headers: Map<string, string>;
  body: AsyncIterable<Uint8Array>;
}

/** Asks the server behind the proxy, by the request as it came or with other headers. */
export type Server = (headers?: Record<string, string>) => Promise<Reply>;

/** What goes wrong: answers by itself, or changes what the server behind the proxy answers. */
export type Fault = (request: S3Request, server: Server) => Reply | Promise<Reply>;

/** Which requests a fault meets; a field left out matches all. */
export interface Match {
  operation?: Operation | readonly Operation[];
  key?: string | RegExp;
  where?: (request: S3Request) => boolean;
  /** Lets this many matching requests pass first. */
  skip?: number;
  /** Meets only this many. */
  times?: number;
}

/** Thrown by a fault: the connection is reset, whatever has been sent so far. */
export class ConnectionReset extends Error {}

/** Thrown by a fault: the connection is closed in an orderly way, whatever has been promised. */
export class ConnectionClosed extends Error {}

/** A rule remembers how often it has matched. */
export function rule(match: Match, fault: Fault): (request: S3Request) => Fault | undefined {
  const { skip = 0, times = Number.POSITIVE_INFINITY } = match;
  let seen = 0;
  return (request) => {
    if (!matches(match, request)) return undefined;
    const nth = seen++;
    return nth >= skip && nth < skip + times ? fault : undefined;
  };
}

function matches(match: Match, request: S3Request): boolean {
  const { operation, key, where } = match;
  if (operation && ![operation].flat().includes(request.operation)) return false;
  if (typeof key === 'string' && key !== request.key) return false;
  if (key instanceof RegExp && !key.test(request.key)) return false;
  return !where || where(request);
}

export function textReply(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): Reply {
  const body = Buffer.from(text);
  return {
    status,
    headers: new Map([...Object.entries(headers), ['content-length', String(body.length)]]),
    body: chunks(body),
  };
}

export async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

export async function wholeBody(reply: Reply): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of reply.body) parts.push(chunk);
  return Buffer.concat(parts);
}
