import t from 'tap';
import { Progress, size } from '../../../ts/s3/progress.js';

/** A clock that the test moves. */
function clock(t: { teardown(end: () => void): void }): { advance(ms: number): void } {
  const now = Date.now;
  let time = 1_000_000;
  Date.now = () => time;
  t.teardown(() => {
    Date.now = now;
  });
  return {
    advance: (ms) => {
      time += ms;
    },
  };
}

t.test('it tells how far it is every five seconds, not more often', async (t) => {
  const { advance } = clock(t);
  const told: string[] = [];
  const progress = new Progress('/a', 100 * 1024, (level, message) =>
    told.push(`${level} ${message}`),
  );
  progress.add(1024);
  advance(4_999);
  progress.add(1024);
  t.strictSame(told, []);
  advance(1);
  progress.add(8 * 1024);
  progress.add(1024);
  t.strictSame(told, ['info /a: 10.0 KiB of 100.0 KiB (10 %), 2.0 KiB/s']);
  advance(5_000);
  progress.add(1024);
  t.equal(told.length, 2);
});

t.test('bytes that come a second time are counted once', async (t) => {
  const { advance } = clock(t);
  const told: string[] = [];
  const progress = new Progress('/a', 1000, (_, message) => told.push(message));
  progress.add(500);
  progress.takeBack(500);
  advance(10_000);
  progress.add(300);
  t.strictSame(told, ['/a: 300 B of 1000 B (30 %), 30 B/s']);
});

t.test('an empty object has a percentage too', async (t) => {
  const { advance } = clock(t);
  const told: string[] = [];
  const progress = new Progress('/a', 0, (_, message) => told.push(message));
  advance(10_000);
  progress.add(0);
  t.strictSame(told, ['/a: 0 B of 0 B (0 %), 0 B/s']);
});

t.test('sizes are told as a person reads them', async (t) => {
  t.strictSame([0, 1023, 1024, 1536, 2 ** 20, 5 * 2 ** 30, 3 * 2 ** 40, 2 ** 55].map(size), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '1.0 MiB',
    '5.0 GiB',
    '3.0 TiB',
    '32768.0 TiB',
  ]);
});
