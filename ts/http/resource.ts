/** One `http` resource, whole. */
export interface HttpResource {
  title: string;
  ensure: Verb;
  send: 'changed' | 'always' | 'refreshed';
  url?: string;
  route?: string;
  fqdn?: string;
  port?: number;
  tls?: boolean;
  query?: Record<string, unknown>;
  /** JSON as Puppet wrote it, since numbers must arrive as they are; or text. */
  data?: { json: string } | { text: string };
  /** The content type, or headers by name. */
  header?: string | Record<string, unknown>;

  creates?: string;
  onlyif?: Probe;
  unless?: Probe;
  verify?: boolean;
  if_match?: boolean;

  status?: number[];
  expect?: unknown;
  poll?: number;

  retries: number;
  retry_delay: number;
  timeout: number;
  total_timeout: number;
  idempotency_key?: true | string;
  idempotency_header: string;

  bearer_token?: string;
  user?: string;
  password?: string;
  netrc?: true | string;
  client_cert?: string;
  client_key?: string;
  ca_file?: string;
  /** Whether these three are those of Puppet's agent. */
  puppet_ssl?: boolean;
  signature?: 'github' | 'bitbucket' | 'standard';
  secret?: string;
  proxy?: string;
  unix_socket?: string;
  follow_redirects?: boolean;

  /** The texts that no message may hold. */
  secrets: string[];
}

/** What holds where the manifest says nothing. */
const DEFAULTS = {
  retries: 3,
  retry_delay: 1,
  timeout: 30,
  total_timeout: 300,
  idempotency_header: 'Idempotency-Key',
};

/** As Puppet tells it. */
export type Told = Omit<HttpResource, keyof typeof DEFAULTS> & Partial<typeof DEFAULTS>;

export function whole(told: Told): HttpResource {
  return { ...DEFAULTS, ...told };
}

export type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options';

/** A question that changes nothing, and what its answer must be to hold. */
export interface Probe {
  url?: string;
  route?: string;
  method?: string;
  status?: number[];
  /** Must be contained in the answer. */
  json?: unknown;
  /** Headers that the answer must have. */
  header?: Record<string, unknown>;
  /** A text that the answer must contain. */
  body?: string;
}

/** Whether a request is to be sent. */
export interface State {
  due: boolean;
  /** `POST https://host/route (first time)`; only where it is due. */
  call?: string;
}

/** What was done, as the report tells it. */
export interface Sent {
  message: string;
}
