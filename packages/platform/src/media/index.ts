/** Looking into files that people upload. */
export { type Ffmpeg, findFfmpeg } from './footage/find.ts';
export { LocalMediaTools, type MediaToolsOptions } from './tools.ts';
