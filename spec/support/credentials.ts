import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SessionKeys } from './session-keys.js';

/** The metadata service of an instance (IMDSv2), that of a container, and STS, in one server. */
export interface CredentialServer {
  /** What makes an SDK ask here as on an instance, or as in a container. */
  instanceEnv: Record<string, string>;
  containerEnv: Record<string, string>;
  /** Trades the token `web-identity` in this file for the keys. */
  webIdentityEnv(tokenFile: string): Record<string, string>;
  requests: string[];
  stop(): Promise<void>;
}

export async function startCredentialServer(keys: SessionKeys): Promise<CredentialServer> {
  const requests: string[] = [];
  const instanceToken = 'instance-token';
  const containerToken = 'container-token';
  const document = JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    LastUpdated: new Date().toISOString(),
    Expiration: inAnHour(),
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.sessionToken,
  });
  const roles = '/latest/meta-data/iam/security-credentials/';

  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push(line);
    const answer = (status: number, body: string) => response.writeHead(status).end(body);
    const knowsInstance = request.headers['x-aws-ec2-metadata-token'] === instanceToken;
    const knowsContainer = request.headers.authorization === containerToken;

    if (line === 'PUT /latest/api/token') {
      const seconds = request.headers['x-aws-ec2-metadata-token-ttl-seconds'];
      answer(seconds ? 200 : 400, seconds ? instanceToken : '');
    } else if (line === 'GET /container') {
      answer(knowsContainer ? 200 : 401, knowsContainer ? document : '');
    } else if (line === 'POST /') {
      const form = new URLSearchParams(await text(request));
      const knowsIdentity = form.get('WebIdentityToken') === 'web-identity';
      answer(knowsIdentity ? 200 : 400, knowsIdentity ? stsAnswer(keys) : '');
    } else if (!knowsInstance) {
      answer(401, '');
    } else if (line === `GET ${roles}`) {
      answer(200, 'builder');
    } else if (line === `GET ${roles}builder`) {
      answer(200, document);
    } else {
      answer(404, '');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    instanceEnv: { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint },
    containerEnv: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: containerToken,
    },
    webIdentityEnv: (tokenFile) => ({
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ROLE_ARN: 'arn:aws:iam:::role/builder',
      AWS_ENDPOINT_URL_STS: endpoint,
    }),
    requests,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function stsAnswer(keys: SessionKeys): string {
  return (
    '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
    `<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${keys.accessKeyId}</AccessKeyId>` +
    `<SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey>` +
    `<SessionToken>${keys.sessionToken}</SessionToken><Expiration>${inAnHour()}</Expiration>` +
    '</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>'
  );
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
