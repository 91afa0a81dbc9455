import fc from 'fast-check';
import t from 'tap';
import { Redactor } from '../../../ts/helper/redact.js';
import { encodeAll } from '../../../ts/s3/sign.js';

const SPELLINGS: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'in a URL': encodeURIComponent,
  'in a signed query': encodeAll,
  'in JSON': (secret) => JSON.stringify(secret).slice(1, -1),
};

// As real ones are, but with every character that some spelling escapes.
const secret = fc
  .stringMatching(/^[A-Za-z0-9+/=!'()*"\\&<>% \n\u00e9]{8,40}$/)
  .filter((text) => !/^[dact[\]re]+$/.test(text));
const text = fc.string({ maxLength: 20 });

t.test('no secret survives in any spelling, whatever is around it', async () => {
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(text, fc.nat(), fc.constantFrom(...Object.values(SPELLINGS)))),
      (secrets, pieces) => {
        const redactor = new Redactor();
        redactor.add(...secrets);
        const message = pieces
          .map(([before, n, spell]) => before + spell(secrets[n % secrets.length] as string))
          .join('');
        const clean = redactor.clean(message);
        return secrets.every((each) =>
          Object.values(SPELLINGS).every((spell) => !clean.includes(spell(each))),
        );
      },
    ),
    { numRuns: 500 },
  );
});

t.test('a secret that begins another leaves no end of it', async (t) => {
  const redactor = new Redactor();
  redactor.add('abcdefgh', 'abcdefghijkl');
  t.equal(redactor.clean('key abcdefghijkl!'), 'key [redacted]!');
});

t.test(
  'a text without secrets stays as it is, and so does what is too short to be one',
  async (t) => {
    const redactor = new Redactor();
    redactor.add(undefined, '', 'abc', 'longSecret');
    t.equal(redactor.clean('abc of nothing'), 'abc of nothing');
  },
);

t.test('a secret that no URL can hold is redacted as well', async (t) => {
  const redactor = new Redactor();
  redactor.add('half\ud800pair');
  t.equal(redactor.clean('is half\ud800pair'), 'is [redacted]');
});
