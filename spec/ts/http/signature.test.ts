import { createHmac } from 'node:crypto';
import t from 'tap';
import { signatureFor } from '../../../ts/http/signature.js';

const body = Buffer.from('{"test": 2432232314}');

t.test('the example of GitHub', async (t) => {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  const secret = "It's a Secret to Everybody";
  const signed = signatureFor(
    { signature: 'github', secret },
    Buffer.from('Hello, World!'),
    'id-1',
  );
  t.same(signed, {
    'x-hub-signature-256':
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    'x-github-delivery': 'id-1',
  });
});

t.test('the example of Standard Webhooks', async (t) => {
  // https://github.com/standard-webhooks/standard-webhooks, test vectors of its libraries
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const now = new Date(1614265330 * 1000);
  t.same(
    signatureFor({ signature: 'standard', secret }, body, 'msg_p5jXN8AQM9LWM0D4loKWxJek', now),
    {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
  );
});

t.test('Bitbucket', async (t) => {
  const hex = createHmac('sha256', 'abc').update(body).digest('hex');
  t.same(signatureFor({ signature: 'bitbucket', secret: 'abc' }, body, 'id-1'), {
    'x-hub-signature': `sha256=${hex}`,
    'x-request-uuid': 'id-1',
  });
});
