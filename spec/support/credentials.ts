import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionKeys } from './session-keys.js';

/** The metadata service of an instance (IMDSv2) and of a container, in one server. */
export interface CredentialServer {
  /** What makes an SDK ask here as on an instance, or as in a container. */
  instanceEnv: Record<string, string>;
  containerEnv: Record<string, string>;
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
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.sessionToken,
  });
  const roles = '/latest/meta-data/iam/security-credentials/';

  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push(line);
    const answer = (status: number, text: string) => response.writeHead(status).end(text);
    const knowsInstance = request.headers['x-aws-ec2-metadata-token'] === instanceToken;
    const knowsContainer = request.headers.authorization === containerToken;

    if (line === 'PUT /latest/api/token') {
      const seconds = request.headers['x-aws-ec2-metadata-token-ttl-seconds'];
      answer(seconds ? 200 : 400, seconds ? instanceToken : '');
    } else if (line === 'GET /container') {
      answer(knowsContainer ? 200 : 401, knowsContainer ? document : '');
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
    requests,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
