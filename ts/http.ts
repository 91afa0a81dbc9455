import { run } from './helper/run.js';
import { HttpService } from './http/service.js';

/** The helper of the `http` type. */
void run(process, 'http', (log, redactor) => new HttpService(log, redactor));
