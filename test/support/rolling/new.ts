import { rollingWorkflows } from './workflows';

export const { rollingBuild, rollingEntity } = rollingWorkflows('new');
