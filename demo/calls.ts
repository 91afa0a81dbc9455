import { expect } from './expect.js';
import type { Machine } from './machine.js';
import { startServices } from './services.js';
import type { Stage, Tell } from './stage.js';
import type { Teardown } from './teardown.js';

const TOKEN = 'a-token-that-no-one-sees';

/** What a machine tells the services around it: once, and for a reason. */
export async function calls(stage: Stage, machine: Machine, teardown: Teardown): Promise<void> {
  const services = await stage.prepare('A registry and a load balancer start, on loopback', () =>
    startServices(TOKEN),
  );
  teardown.add(() => services.stop());
  machine.describe({
    'calls::fqdn': '127.0.0.1',
    'calls::port': services.port,
    'calls::token': TOKEN,
    'calls::version': '3.9.2',
  });
  const sent = (method: string): number =>
    services.asked.filter((asked) => asked.method === method).length;
  const apply = async (tell: Tell): Promise<void> => {
    services.asked.length = 0;
    const run = await machine.apply('http.pp');
    for (const change of run.changes) tell(change);
    if (run.failures.length > 0) throw new Error(run.failures.join('\n'));
    const changes = sent('POST') + sent('PUT');
    expect(run.changes.length === changes, `each of ${changes} requests is one change`);
    tell(`asked: ${sent('GET')} GET, ${sent('POST')} POST, ${sent('PUT')} PUT`);
  };

  await stage.prove('puppet apply examples/http.pp', async (tell) => {
    await apply(tell);
    expect(sent('POST') === 1 && sent('PUT') === 1, 'both are sent');
    const [order] = services.asked.filter(({ method }) => method === 'POST');
    expect(order?.body.includes('"workers":4') === true, 'numbers are still numbers');
    expect(machine.filesOfPuppetWith(TOKEN).length === 0, 'the token is in no file of Puppet');
    return 'the registry knows the machine, and the load balancer has it up';
  });

  await stage.prove('puppet apply examples/http.pp, again', async (tell) => {
    await apply(tell);
    expect(sent('POST') + sent('PUT') === 0, 'nothing is sent');
    return 'silent: what was sent is remembered, what must hold was only looked at';
  });

  machine.describe({ 'calls::version': '3.10.0' });
  await stage.prove(
    'The version in data is another; puppet apply examples/http.pp',
    async (tell) => {
      await apply(tell);
      expect(sent('POST') === 1 && sent('PUT') === 0, 'the changed one is sent, and only that');
      return 'only what changed is sent again, and the report says why';
    },
  );

  await stage.prove('Someone takes web1 down; puppet apply examples/http.pp', async (tell) => {
    services.states.set('/backends/web1', { state: 'down', since: 3 });
    await apply(tell);
    expect(sent('POST') === 0 && sent('PUT') === 1, 'it is put up again');
    return 'a probe sees what no memory could';
  });
}
