import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Keys, Rgw } from './rgw.js';

export interface SessionKeys extends Keys {
  sessionToken: string;
}

/** Keys with a session token, by STS of the gateway itself. */
export async function sessionKeys(rgw: Rgw): Promise<SessionKeys> {
  const { accessKeyId, secretAccessKey } = rgw;
  const assume = fromTemporaryCredentials({
    params: { RoleArn: rgw.roleArn, RoleSessionName: 'test' },
    masterCredentials: { accessKeyId, secretAccessKey },
    clientConfig: { endpoint: rgw.endpoint, region: 'us-east-1' },
  });
  const keys = await assume();
  return {
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    sessionToken: keys.sessionToken ?? '',
  };
}
