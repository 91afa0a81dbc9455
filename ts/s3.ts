import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { run } from './helper/run.js';
import { digestOnDemand } from './s3/hash-thread.js';
import { S3Service } from './s3/service.js';

// The helper of the s3 and s3file types, and the thread that hashes what a large download has
// brought so far.
if (isMainThread) void run(process, 's3', (log, redactor) => new S3Service(log, redactor));
else if (parentPort) digestOnDemand(parentPort, workerData);
