import { createHash } from 'node:crypto';

/** A Lua script that decides over one key, or several of one slot, in one step. */
export class Script {
  readonly lua: string;
  readonly sha: string;

  constructor(lua: string) {
    this.lua = lua;
    this.sha = createHash('sha1').update(lua).digest('hex');
  }
}
