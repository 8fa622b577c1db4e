import { App } from 'aws-cdk-lib';
import { ENVIRONMENTS } from '../core/environments.ts';
import { addEnvironment } from '../lib/app.ts';

const app = new App();
const chosen: unknown = app.node.tryGetContext('env');
addEnvironment(app, chosen, ENVIRONMENTS);
app.synth();
