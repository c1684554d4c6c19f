/** `GET /media/{id}/download` (contract section 2, Media): REST alone, as its answer is a redirect and no data. */
import { procedures } from '@parley/contract';
import { mediaDownload } from '@parley/core';
import { basePath, parametersOf, type Route } from '../../bridge/route.ts';

const { access, errors, example, input, tag } = procedures.media.get;

/** For the document. */
export const downloadDefinition = {
  method: 'GET',
  path: '/media/{id}/download',
  operationId: 'downloadMedia',
  tag,
  access,
  summary: 'Download a file',
  description:
    'Answers with the address of the file as a download of its name. It works for up to an hour, without a token. For whom `GET /media/{id}` is.',
  input,
  errors,
  example,
} as const;

export const downloadRoute: Route = {
  template: basePath + downloadDefinition.path,
  method: downloadDefinition.method,
  definition: downloadDefinition,
  params: parametersOf(downloadDefinition.path, input),
  async serve({ ctx, params }) {
    return { location: await mediaDownload(ctx.core, ctx.caller(), input.parse(params)) };
  },
};
