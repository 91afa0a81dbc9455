import { messageOf, UserError } from '../helper/errors.js';
import type { Connection } from './connection.js';
import type { Credentials } from './sign.js';

/** Gives credentials that are valid now; undefined signs nothing. */
export type CredentialsProvider = () => Promise<Credentials | undefined>;

/** What the resource names itself, else what the SDK's chain finds on this machine. */
export function baseCredentials(connection: Connection): CredentialsProvider {
  if (connection.anonymous) return async () => undefined;
  if (connection.access_key_id !== undefined) {
    const fixed: Credentials = {
      accessKeyId: connection.access_key_id,
      secretAccessKey: connection.secret_access_key ?? '',
      ...(connection.session_token ? { sessionToken: connection.session_token } : {}),
    };
    return async () => fixed;
  }
  return chain(connection.profile);
}

/** Loaded only when it is asked: most resources need none of it, and it is most of the bundle. */
function chain(profile: string | undefined): CredentialsProvider {
  let provider: Promise<CredentialsProvider> | undefined;
  return async () => {
    provider ??= import('@aws-sdk/credential-provider-node').then(({ defaultProvider }) =>
      defaultProvider(profile === undefined ? {} : { profile }),
    );
    try {
      return await (await provider)();
    } catch (error) {
      const tried =
        profile === undefined
          ? 'none in environment, shared files, web identity, container or instance metadata'
          : `profile '${profile}' gives none; is it in ~/.aws of the user who runs Puppet?`;
      const reason = messageOf(error).split('\n', 1)[0];
      throw new UserError(
        'no_credentials',
        `no AWS credentials: ${tried} (${reason}); set access_key_id and secret_access_key, profile, or anonymous => true`,
        { cause: error },
      );
    }
  };
}

/** Keeps what a provider gave until shortly before it expires; asked once for all who wait. */
export function remembered(
  fetch: () => Promise<{ credentials: Credentials; expires: Date }>,
): CredentialsProvider {
  const EARLY_MS = 60_000;
  let current: Promise<{ credentials: Credentials; expires: Date }> | undefined;
  let goodUntil = 0;
  return async () => {
    if (!current || Date.now() > goodUntil) {
      goodUntil = Number.POSITIVE_INFINITY;
      const asked = fetch();
      current = asked;
      try {
        goodUntil = (await asked).expires.getTime() - EARLY_MS;
      } catch (error) {
        current = undefined;
        throw error;
      }
    }
    return (await current).credentials;
  };
}
