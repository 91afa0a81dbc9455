import { ConnectionReset, type Fault, textReply } from '../fault.js';

/** An error as S3 words it; `extra` are further elements of its XML, `headers` of its head. */
export function s3Error(
  status: number,
  code: string,
  more: { message?: string; extra?: Record<string, string>; headers?: Record<string, string> } = {},
): Fault {
  return (request) => {
    const fields = {
      Code: code,
      Message: more.message ?? `${code}, made by a test`,
      ...more.extra,
      RequestId: 'TESTREQUEST',
    };
    const xml = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${xml.join('')}</Error>`;
    return textReply(status, request.method === 'HEAD' ? '' : text, {
      'content-type': 'application/xml',
      'x-amz-request-id': 'TESTREQUEST',
      ...more.headers,
    });
  };
}

/** The connection is reset before any answer. */
export const reset: Fault = () => {
  throw new ConnectionReset();
};

/** The request is taken and never answered. */
export const hang: Fault = () => new Promise(() => {});

/** The bucket lives in another region: only a request signed for that one passes. */
export function otherRegion(region: string): Fault {
  const redirect = s3Error(301, 'PermanentRedirect', {
    headers: { 'x-amz-bucket-region': region },
  });
  return (request, server) =>
    signedRegion(request.headers.authorization) === region ? server() : redirect(request, server);
}

/** The same, as S3 words it where the signature's region does not fit the endpoint's. */
export function otherSigningRegion(region: string): Fault {
  const malformed = s3Error(400, 'AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed; expecting '${region}'`,
    extra: { Region: region },
    headers: { 'x-amz-bucket-region': region },
  });
  return (request, server) =>
    signedRegion(request.headers.authorization) === region ? server() : malformed(request, server);
}

function signedRegion(authorization = ''): string | undefined {
  return /Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(authorization)?.[1];
}
