import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { type Outgoing, parseRequest } from '../../../ts/helper/messages.js';
import { Redactor } from '../../../ts/helper/redact.js';
import type { HelperService } from '../../../ts/helper/run.js';
import type { Log } from '../../../ts/helper/serve.js';
import { serve } from '../../../ts/helper/serve.js';
import { HttpService } from '../../../ts/http/service.js';
import { S3Service } from '../../../ts/s3/service.js';
import { generatedBucket } from '../../support/generated-bucket.js';
import { type HttpServer, startHttpServer } from '../../support/http-server.js';
import { type Proxy as S3Server, startProxy } from '../../support/proxy.js';

/** Whole conversations, a message a line; spec/unit/messages_spec.rb plays the other part. */
type Line = { puppet: { id: number; method: string } } | { helper: Outgoing };

interface Helper {
  name: string;
  fixture: string;
  conversations: string[];
  build: (log: Log, redactor: Redactor) => HelperService;
}

const HELPERS: Helper[] = [
  {
    name: 's3',
    fixture: 'messages.json',
    conversations: ['run', 'fault'],
    build: (log, redactor) => new S3Service(log, redactor),
  },
  {
    name: 'http',
    fixture: 'http-messages.json',
    conversations: ['run'],
    build: (log, redactor) => new HttpService(log, redactor),
  },
];

let s3: S3Server;
let http: HttpServer;

t.before(async () => {
  s3 = await startProxy();
  t.teardown(() => s3.stop());
  s3.fault({}, generatedBucket(2));
  http = await startHttpServer(({ path }) => {
    if (path === '/orders') return { status: 201 };
    // A server that repeats what it should not.
    if (path === '/missing') return { status: 404, body: 'no golden-pin here' };
    return { body: { state: 'up' } };
  });
  t.teardown(() => http.stop());
});

/** What differs from machine to machine has a name in the fixture. */
function conversation({ name, fixture }: Helper, title: string, dir: string): Line[] {
  const here: Record<string, string> = {
    $DIR: dir,
    $ENDPOINT: name === 's3' ? s3.endpoint : http.url,
    $NODE: process.version,
    $VERSION: '1.2.3',
  };
  const text = readFileSync(`spec/fixtures/${fixture}`, 'utf8')
    .replaceAll('"$UID"', String(process.getuid?.()))
    .replaceAll('"$GID"', String(process.getgid?.()))
    .replaceAll('"$PORT"', String(http.port))
    .replaceAll(/\$[A-Z]+/g, (word) => here[word] ?? word);
  return JSON.parse(text)[title] as Line[];
}

const all = HELPERS.flatMap((helper) => helper.conversations.map((title) => ({ helper, title })));

for (const { helper, title } of all) {
  const { name, build } = helper;
  t.test(
    `the ${name} helper says what Puppet expects, message by message, in a ${title}`,
    async (t) => {
      const dir = t.testdir({ old: 'of no use', kept: 'as it is' });
      const input = new PassThrough();
      const output = new PassThrough();
      const redactor = new Redactor();
      let service: HelperService | undefined;
      const start = (log: Log) => {
        service = build(log, redactor);
        return service.methods();
      };
      const served = serve({ name, version: '1.2.3', redactor, start }, input, output);
      const said = createInterface({ input: output })[Symbol.asyncIterator]();
      for (const line of conversation(helper, title, dir)) {
        if ('puppet' in line) input.write(`${JSON.stringify(line.puppet)}\n`);
        else t.strictSame(firstLine((await said.next()).value), line.helper);
      }
      input.end();
      await served;
      await service?.close();
      output.end();
      t.ok((await said.next()).done, 'and nothing else');
    },
  );
}

/** Of our own errors the stack goes along, which is no promise. */
function firstLine(text: string): Outgoing {
  const message = JSON.parse(text) as Outgoing;
  if (!('error' in message)) return message;
  const [first = ''] = message.error.message.split('\n');
  return { ...message, error: { ...message.error, message: first } };
}

for (const helper of HELPERS) {
  t.test(`every request of ${helper.fixture} is one, with every method there is`, async (t) => {
    const methods = new Set<string>();
    const lines = helper.conversations.flatMap((title) => conversation(helper, title, '/d'));
    for (const line of lines) {
      if (!('puppet' in line)) continue;
      t.strictSame(parseRequest(JSON.stringify(line.puppet)), line.puppet);
      methods.add(line.puppet.method);
    }
    const service = helper.build(() => undefined, new Redactor());
    t.strictSame(
      [...methods].filter((each) => each !== 'nonsense').sort(),
      Object.keys(service.methods()).sort(),
    );
  });
}
