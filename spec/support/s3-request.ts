import type { IncomingHttpHeaders } from 'node:http';

export type Operation =
  | 'HEAD'
  | 'GET_OBJECT'
  | 'LIST'
  | 'PUT'
  | 'DELETE'
  | 'POST'
  | 'BUCKET'
  | 'OTHER';

/** One request as a test wants to see it: path style, the key decoded. */
export interface S3Request {
  method: string;
  /** With the query, as it stood in the request line. */
  path: string;
  operation: Operation;
  bucket: string;
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
}

export function s3Request(method: string, path: string, headers: IncomingHttpHeaders): S3Request {
  const mark = path.indexOf('?');
  const [, bucket = '', key = ''] =
    /^\/([^/]*)\/?(.*)$/s.exec(mark < 0 ? path : path.slice(0, mark)) ?? [];
  const query = new URLSearchParams(mark < 0 ? '' : path.slice(mark + 1));
  return {
    method,
    path,
    operation: operation(method, bucket, key, query),
    bucket,
    key: decoded(key),
    query,
    headers,
  };
}

function operation(method: string, bucket: string, key: string, query: URLSearchParams): Operation {
  if (method === 'POST') return 'POST';
  if (!bucket) return 'OTHER';
  if (!key) {
    const lists = ['list-type', 'prefix', 'delimiter', 'versions'].some((name) => query.has(name));
    return method === 'GET' && (lists || query.size === 0) ? 'LIST' : 'BUCKET';
  }
  if (method === 'GET') return 'GET_OBJECT';
  if (method === 'HEAD' || method === 'PUT' || method === 'DELETE') return method;
  return 'OTHER';
}

/** What cannot be decoded is kept as it is: the proxy passes on whatever it is sent. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
