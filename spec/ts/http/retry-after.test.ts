import t from 'tap';
import { retryAfter } from '../../../ts/http/retry-after.js';

t.test('seconds, or a date', async (t) => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  t.equal(retryAfter('120', now), 120_000);
  t.equal(retryAfter(' 0 ', now), 0);
  t.equal(retryAfter('Wed, 21 Oct 2026 07:28:30 GMT', now), 30_000);
  t.equal(retryAfter('Wed, 21 Oct 2026 07:27:00 GMT', now), 0, 'what is past');
  for (const value of [undefined, '', '-1', '1.5', 'soon']) {
    t.equal(retryAfter(value, now), undefined, String(value));
  }
});
