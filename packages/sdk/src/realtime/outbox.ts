export { Lanes as Outbox } from '../outbox/lanes.ts';
