import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { type Outgoing, parseRequest } from '../../../ts/helper/messages.js';
import { Redactor } from '../../../ts/helper/redact.js';
import { serve } from '../../../ts/helper/serve.js';
import { S3Service } from '../../../ts/s3/service.js';
import { generatedBucket } from '../../support/generated-bucket.js';
import { type Proxy as S3Server, startProxy } from '../../support/proxy.js';

/** Whole conversations, a message a line; spec/unit/messages_spec.rb plays the other part. */
type Line = { puppet: { id: number; method: string } } | { helper: Outgoing };

const golden = readFileSync('spec/fixtures/messages.json', 'utf8');
let server: S3Server;

t.before(async () => {
  server = await startProxy();
  t.teardown(() => server.stop());
  server.fault({}, generatedBucket(2));
});

/** What differs from machine to machine has a name in the fixture. */
function conversation(name: string, dir: string): Line[] {
  const here: Record<string, string> = {
    $DIR: dir,
    $ENDPOINT: server.endpoint,
    $NODE: process.version,
    $VERSION: '1.2.3',
  };
  const text = golden
    .replaceAll('"$UID"', String(process.getuid?.()))
    .replaceAll('"$GID"', String(process.getgid?.()))
    .replaceAll(/\$[A-Z]+/g, (word) => here[word] ?? word);
  return JSON.parse(text)[name] as Line[];
}

for (const name of ['run', 'fault']) {
  t.test(`the helper says, message by message, what Puppet expects in a ${name}`, async (t) => {
    const dir = t.testdir({ old: 'of no use', kept: 'as it is' });
    const input = new PassThrough();
    const output = new PassThrough();
    const redactor = new Redactor();
    const start = (log: (level: never, message: string) => void) =>
      new S3Service(log as never, redactor).methods();
    const served = serve({ name: 's3', version: '1.2.3', redactor, start }, input, output);
    const said = createInterface({ input: output })[Symbol.asyncIterator]();
    for (const line of conversation(name, dir)) {
      if ('puppet' in line) input.write(`${JSON.stringify(line.puppet)}\n`);
      else t.strictSame(firstLine((await said.next()).value), line.helper);
    }
    input.end();
    await served;
    output.end();
    t.ok((await said.next()).done, 'and nothing else');
  });
}

/** Of our own errors the stack goes along, which is no promise. */
function firstLine(text: string): Outgoing {
  const message = JSON.parse(text) as Outgoing;
  if (!('error' in message)) return message;
  const [first = ''] = message.error.message.split('\n');
  return { ...message, error: { ...message.error, message: first } };
}

t.test('every request of the fixture is one, with every method there is', async (t) => {
  const methods = new Set<string>();
  for (const line of ['run', 'fault'].flatMap((name) => conversation(name, '/d'))) {
    if (!('puppet' in line)) continue;
    t.strictSame(parseRequest(JSON.stringify(line.puppet)), line.puppet);
    methods.add(line.puppet.method);
  }
  const service = new S3Service(() => undefined, new Redactor());
  t.strictSame(
    [...methods].filter((each) => each !== 'nonsense').sort(),
    Object.keys(service.methods()).sort(),
  );
});
