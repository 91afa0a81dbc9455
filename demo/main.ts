/** The module's main job where a person can watch it, proved step by step: `npm run demo`. */
import { Interruption } from './interruption.js';
import { Stage } from './stage.js';
import { story } from './story.js';
import { Teardown } from './teardown.js';

// The SDK that publishes would warn about Node 20 in the middle of the show.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const stage = new Stage(process.stdout, () => interruption.check());
const interruption = new Interruption(() => stage.say('Interrupted: stopping what was started'));
const teardown = new Teardown();
try {
  stage.say('From a build on S3 to the machine that runs it: each step, and what it proves.\n');
  await story(stage, interruption, teardown);
  stage.say(`\n${stage.summary()}`);
} catch (error) {
  if (!interruption.signal) {
    stage.failed(error);
    process.exitCode = 1;
  }
} finally {
  await teardown.run();
  stage.say('Everything that was started is stopped, and its files are gone.');
}
if (interruption.signal) process.exit(interruption.exitCode);
