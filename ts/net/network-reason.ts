import { codeOf, messageOf } from '../helper/errors.js';

/** Whom it was that did not answer, and which attribute says so in the manifest. */
export interface Peer {
  origin: string;
  attribute: string;
}

/** Why a request got no answer: a code, and one line that says what to do. */
export function networkReason(error: unknown, { origin, attribute }: Peer): [string, string] {
  const code = codeOf(error);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [
        'unknown_host',
        `the host name cannot be resolved (${code}); check ${attribute} and DNS`,
      ];
    case 'ECONNREFUSED':
      return [
        'connection_refused',
        'connection refused; is the server running, are host and port right?',
      ];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return ['unreachable', `no route to the server (${code}); check network and firewall`];
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return ['timeout', `no connection in time; check network, firewall and ${attribute}`];
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return ['timeout', 'the server went silent; try again later, or check the server'];
    case 'CERT_HAS_EXPIRED':
      return ['tls', "the server's certificate has expired; renew it on the server"];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return ['tls', `the server's certificate is for another host; check ${attribute}`];
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return [
        'tls',
        `the server's certificate is from an unknown authority (${code}); set ca_file`,
      ];
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return ['connection_lost', `the connection was cut (${messageOf(error)}); try again later`];
  }
  // Its code is not always set.
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return [
      'no_http',
      `what came is not HTTP (${messageOf(error)}); check ${attribute}, its port, and whether TLS is meant`,
    ];
  }
  if (/ssl|tls|EPROTO|wrong version number/i.test(`${code} ${messageOf(error)}`)) {
    const hint = origin.startsWith('https:')
      ? 'does it speak TLS on this port?'
      : `check ${attribute}`;
    return ['tls', `TLS failed (${messageOf(error).split('\n', 1)[0]}); ${hint}`];
  }
  return ['network', `${messageOf(error)}${code ? ` (${code})` : ''}`];
}
