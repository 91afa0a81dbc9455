import { redactLastWords } from './last-words.js';
import { Redactor } from './redact.js';
import { type Log, type Method, serve } from './serve.js';
import { VERSION } from './version.js';

export interface HelperService {
  methods(): Record<string, Method>;
  close(): Promise<void>;
}

/** A helper's whole life: it answers Puppet on stdin and stdout until end of file, or a signal. */
export async function run(
  process: NodeJS.Process,
  name: string,
  build: (log: Log, redactor: Redactor) => HelperService,
): Promise<void> {
  const redactor = new Redactor();
  redactLastWords(process, redactor);
  let service: HelperService | undefined;
  const end = (status: number): void => {
    void Promise.resolve(service?.close()).finally(() => process.exit(status));
  };
  process.on('SIGTERM', () => end(143));
  process.on('SIGINT', () => end(130));
  process.on('SIGHUP', () => end(129));
  await serve(
    {
      name,
      version: VERSION,
      redactor,
      start: (log) => {
        service = build(log, redactor);
        return service.methods();
      },
    },
    process.stdin,
    process.stdout,
  );
  end(0);
}
