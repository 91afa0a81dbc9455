import { readFileSync } from 'node:fs';
import t from 'tap';
import { Agent, request } from 'undici';
import { makeCertificates } from '../../support/certificates.js';
import { s3Error } from '../../support/faults/answer.js';
import { startProxy } from '../../support/proxy.js';

t.test('a client that trusts the authority takes the valid certificate alone', async (t) => {
  const certificates = await makeCertificates(t.testdir());
  const ca = readFileSync(certificates.caFile, 'utf8');
  const trusting = new Agent({ connect: { ca } });
  t.teardown(() => trusting.close());

  const get = async (name: 'valid' | 'expired' | 'otherHost', dispatcher?: Agent) => {
    const proxy = await startProxy({ tls: certificates[name] });
    t.teardown(() => proxy.stop());
    proxy.fault({}, s3Error(404, 'NoSuchKey'));
    const { statusCode } = await request(proxy.endpoint, dispatcher ? { dispatcher } : {});
    return statusCode;
  };
  t.equal(await get('valid', trusting), 404);
  await t.rejects(get('valid'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  await t.rejects(get('expired', trusting), { code: 'CERT_HAS_EXPIRED' });
  await t.rejects(get('otherHost', trusting), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});
