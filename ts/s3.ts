import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { redactLastWords } from './helper/last-words.js';
import { Redactor } from './helper/redact.js';
import { type Log, serve } from './helper/serve.js';
import { VERSION } from './helper/version.js';
import { digestOnDemand } from './s3/hash-thread.js';
import { S3Service } from './s3/service.js';

/** The helper of the `s3` and `s3file` types: answers Puppet on stdin and stdout until end of file. */
async function main(): Promise<void> {
  const redactor = new Redactor();
  redactLastWords(process, redactor);
  let service: S3Service | undefined;
  const end = (status: number): void => {
    void Promise.resolve(service?.close()).finally(() => process.exit(status));
  };
  process.on('SIGTERM', () => end(143));
  process.on('SIGINT', () => end(130));
  process.on('SIGHUP', () => end(129));
  await serve(
    {
      name: 's3',
      version: VERSION,
      redactor,
      start: (log: Log) => {
        service = new S3Service(log, redactor, process.env);
        return service.methods();
      },
    },
    process.stdin,
    process.stdout,
  );
  end(0);
}

// The same file serves as the thread that hashes what a large download has brought so far.
if (isMainThread) void main();
else if (parentPort) digestOnDemand(parentPort, workerData);
