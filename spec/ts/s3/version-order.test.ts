import fc from 'fast-check';
import t, { type Test } from 'tap';
import { compareVersions, versionIn } from '../../../ts/s3/version-order.js';

/** Every version of the list must be lower than every one after it. */
function ascending(t: Test, ...versions: string[]): void {
  for (const [i, low] of versions.entries()) {
    for (const high of versions.slice(i + 1)) {
      t.ok(compareVersions(low, high) < 0, `${low} < ${high}`);
      t.ok(compareVersions(high, low) > 0, `${high} > ${low}`);
    }
  }
}

function same(t: Test, ...versions: string[]): void {
  for (const version of versions) {
    for (const other of versions) {
      t.equal(compareVersions(version, other), 0, `${version} = ${other}`);
    }
  }
}

t.test('numbers are compared as numbers, however long', async (t) => {
  ascending(
    t,
    '3.9.2',
    '3.10.0',
    '3.10.0.1',
    '3.10.1',
    '3.11',
    '10',
    '99999999999999999999',
    `1${'0'.repeat(400)}`,
  );
  same(t, '1', '1.0', '1.0.0', 'v1.0', 'V1', '01.00', '1_0');
});

t.test('pre-releases are below their release', async (t) => {
  ascending(
    t,
    '2.9',
    '3.0.0-alpha',
    '3.0.0-alpha.1',
    '3.0.0-beta',
    '3.0.0-rc1',
    '3.0.0',
    '3.0.1-rc1',
  );
  ascending(t, '1.0.0-rc.9', '1.0.0-rc.10', '1.0.0');
  ascending(t, '1.0.0-rc9', '1.0.0-RC10', '1.0.0');
  ascending(t, '3.0a1', '3.0b1', '3.0b2', '3.0rc1', '3.0.rc2', '3.0');
  ascending(t, '2.0-M1', '2.0-RC1', '2.0-SNAPSHOT', '2.0');
  ascending(t, '1.0~~', '1.0~', '1.0~rc1', '1.0', '1.0-1~bpo12+1', '1.0-1');
  ascending(t, '1.0.0-rc1', '1.0', '1.1.0-rc1', '1.1');
  same(t, '3.0.0-rc1', '3.0-RC.1', 'v3.0rc1', '3.0_rc1');
});

t.test('revisions, builds, patches and hotfixes are above their release', async (t) => {
  ascending(t, '1.2.3', '1.2.3-4', '1.2.3-10', '1.2.3+5', '1.2.3+12', '1.2.3.1', '1.2.4');
  ascending(t, '1.0.2', '1.0.2a', '1.0.2b', '1.0.3');
  ascending(t, '9.2', '9.2p1', '9.2p2', '9.3');
  ascending(t, '1.0.rc1', '1.0', '1.0.post1', '1.0.post2', '1.0.1');
  ascending(t, '3.9.2-rc1', '3.9.2', '3.9.2-hotfix1', '3.9.2-hotfix2', '3.9.3');
  ascending(t, '5.3.1.M2', '5.3.1.RC1', '5.3.1.RELEASE', '5.3.2.M1');
  ascending(t, '1.2.3-1.el8', '1.2.3-1.el9', '1.2.3-2.el8');
  ascending(t, '1.2.3', '1.2.3-5-gfedcba9', '1.2.3-14-gabcdef0', '1.2.4');
});

t.test('dates and timestamps are in the order of time', async (t) => {
  ascending(t, '2025-12-31', '2026-01-31', '2026-01-31-2', '2026-01-31-10', '2026-02-01');
  ascending(t, '20251231', '2026-01-31', '20260201', '2026.02.02', '2026_2_3', '2026-10-01');
  ascending(t, '2026.01.31', '2026.01.31-2', '2026.01.31-10', '2026.02.01');
  ascending(t, '20260131', '20260131090000', '20260131120000', '20260201');
  ascending(t, '20260131T090000Z', '20260131T120000Z', '20260201T000000Z');
  ascending(t, '2026-01-31T09:00:00Z', '2026-01-31T09:00:01Z', '2026-01-31T12:00:00Z');
  ascending(t, '2026-9-5', '2026-10-12', '2026-11-5', '2027-1-1');
  ascending(t, '2026.9.1', '2026.10.1', '2026.10.12', '2027.1.1');
  ascending(t, '1767225600', '1769817600', '1769817600123');
  same(t, '2026-01-31', '20260131', '2026.01.31', '2026.1.31');
});

t.test('a name without a number is below every version', async (t) => {
  ascending(t, '', 'latest', '0.0.1', '3.9.2');
  ascending(t, 'release-3.9.2', 'release-3.10.0-rc1', 'release-3.10', 'release-3.10.1');
  ascending(t, 'release-v3.10.0-rc1', 'release-v3.10.0');
});

t.test('the version in a key is what the wildcard took', async (t) => {
  t.equal(versionIn('builds/our_app_3.9.2.zip', 'builds/our_app_*.zip'), '3.9.2');
  t.equal(versionIn('our_app_v3.9.2-rc1.zip', 'our_app_*.zip'), 'v3.9.2-rc1');
  t.equal(versionIn('our_app_3.10.zip', 'our_app_[0-9].*.zip'), '3.10');
  t.equal(versionIn('our_app_.zip', 'our_app_*.zip'), '');
  t.equal(versionIn('plain', 'plain'), '');
});

t.test('an extension that the wildcard took is no part of the version', async (t) => {
  for (const extension of ['.zip', '.tar.gz', '.tgz', '.tar.xz', '.jar', '.DEB']) {
    const versions = ['3.9.2', '3.10.0-rc1', '3.10.0', '3.10.0-1'];
    const keys = versions.map((version) => `our_app_${version}${extension}`);
    const found = keys.map((key) => versionIn(key, 'our_app_*'));
    t.strictSame(found, versions);
    ascending(t, ...found);
  }
  t.equal(versionIn('our_app_1.0.rc1', 'our_app_*'), '1.0.rc1');
});

t.test('wildcards in several segments make one version of each', async (t) => {
  const pattern = 'builds/*/our_app_*.zip';
  const keys = ['3.9', '3.9.1-rc1', '3.9.1', '3.10'].map((v) => `builds/${v}/our_app_${v}.zip`);
  ascending(t, ...keys.map((key) => versionIn(key, pattern)));
});

const junk = fc.string({
  unit: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...'0123456789') },
    { weight: 3, arbitrary: fc.constantFrom(...'.-_+~/ v') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('rc', 'alpha', 'a', 'RC', 'x', 'final', '2026', '.0', 'é', '😀'),
    },
  ),
  maxLength: 8,
});

t.test('the order is total, whatever the strings', async () => {
  fc.assert(
    fc.property(junk, junk, junk, (a, b, c) => {
      const ab = compareVersions(a, b);
      const bc = compareVersions(b, c);
      const ac = compareVersions(a, c);
      const antisymmetric = Math.sign(ab) === -Math.sign(compareVersions(b, a));
      const transitive =
        (ab <= 0 && bc <= 0 ? ac <= 0 : true) && (ab >= 0 && bc >= 0 ? ac >= 0 : true);
      const strict = (ab < 0 && bc <= 0 ? ac < 0 : true) && (ab <= 0 && bc < 0 ? ac < 0 : true);
      return antisymmetric && transitive && strict && compareVersions(a, a) === 0;
    }),
    { numRuns: 20_000 },
  );
});

const number = fc.oneof(fc.nat({ max: 12 }), fc.nat()).map(String);
// Words that are patches or hotfixes, and a number right after the hyphen, part from semver.
const word = fc.constantFrom('alpha', 'beta', 'canary', 'dev', 'linux', 'next', 'rc', 'x', 'zeta');
interface Semver {
  core: string;
  pre: string[];
}
const semver: fc.Arbitrary<Semver> = fc.record({
  core: fc.tuple(number, number, number).map((list) => list.join('.')),
  pre: fc.oneof(
    fc.constant<string[]>([]),
    fc
      .tuple(word, fc.array(fc.oneof(word, number), { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest]),
  ),
});

function spell({ core, pre }: Semver): string {
  return pre.length > 0 ? `${core}-${pre.join('.')}` : core;
}

// Paragraph 11 of semver.org, as it is written there.
function precedence(a: Semver, b: Semver): number {
  const [left, right] = [a.core.split('.').map(Number), b.core.split('.').map(Number)];
  for (let i = 0; i < 3; i++) {
    if (left[i] !== right[i]) return (left[i] as number) - (right[i] as number);
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (const [i, mine] of a.pre.entries()) {
    const other = b.pre[i];
    if (other === undefined) return 1;
    if (mine === other) continue;
    const [numeric, otherNumeric] = [/^\d+$/.test(mine), /^\d+$/.test(other)];
    if (numeric && otherNumeric) return Number(mine) - Number(other);
    if (numeric !== otherNumeric) return numeric ? -1 : 1;
    return mine < other ? -1 : 1;
  }
  return a.pre.length - b.pre.length;
}

t.test('semantic versions are in the order of semver', async (t) => {
  // The example of semver.org.
  ascending(
    t,
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
  );
  fc.assert(
    fc.property(semver, semver, fc.boolean(), (a, other, near) => {
      const b = near ? { core: a.core, pre: other.pre } : other;
      return Math.sign(compareVersions(spell(a), spell(b))) === Math.sign(precedence(a, b));
    }),
    { numRuns: 10_000 },
  );
});
