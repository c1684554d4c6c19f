/** The routes of uploads, made from the registry: a form with one file, streamed into core (contract section 2, Media, Users, Chats). */
import type { IncomingMessage } from 'node:http';
import {
  limits,
  type MediaType,
  mediaTypes,
  pathParameters,
  type UploadDefinition,
  type UploadName,
  uploads,
} from '@parley/contract';
import { type Caller, type Core, setAvatar, setChatAvatar, uploadMedia } from '@parley/core';
import { z } from 'zod';
import { basePath, parametersOf, type Route } from '../bridge/route.ts';
import { invalidInput } from '../errors.ts';
import type { Admission } from '../http/admission.ts';
import { askForBody } from '../http/expect.ts';
import { Form, type FormFields, type FormFile, type FormRules } from './form.ts';
import type { UploadTimes } from './patience.ts';
import { checkLength } from './size.ts';

/** A file that begins to come. */
interface Received {
  caller: Caller;
  file: FormFile;
  params: Record<string, string>;
  /** All fields, once the whole form was read. Errors: those of the form. */
  all(): Promise<FormFields>;
}

/** What becomes of each upload. */
const keep: Record<UploadName, (core: Core, received: Received) => Promise<unknown>> = {
  media: (core, { caller, file: { body, filename, before }, all }) =>
    uploadMedia(core, caller, {
      body,
      filename,
      type: typeOf(before) ?? null,
      declared: async () => typeOf(await all()) as MediaType,
    }),
  avatar: (core, { caller, file }) => setAvatar(core, caller, file),
  chatAvatar: (core, { caller, file, params }) =>
    setChatAvatar(core, caller, uploads.chatAvatar.fields.parse(params).id, file),
};

export interface UploadParts {
  core: Core;
  admission: Admission;
  times: UploadTimes;
}

/** One route per upload of the contract. */
export function createUploadRoutes(parts: UploadParts): Route[] {
  return Object.entries(uploads).map(([name, definition]) =>
    uploadRoute(parts, definition, keep[name as UploadName]),
  );
}

function uploadRoute(
  { core, admission, times }: UploadParts,
  definition: UploadDefinition,
  store: (core: Core, received: Received) => Promise<unknown>,
): Route {
  const { path, method, fields, output, maxBytes } = definition;
  const rules = rulesOf(definition);
  const status = Math.min(...Object.keys(definition.success).map(Number));
  return {
    template: basePath + path,
    method,
    definition,
    params: parametersOf(path, fields),
    async serve({ ctx, params, req, res }) {
      const caller = ctx.caller();
      await admission.countUpload(caller.userId);
      checkLength(req, maxBytes);
      askForBody(res);
      const data = await receive(req, rules, times, (form, file) =>
        store(core, { caller, file, params, all: () => form.whole.then(() => form.fields) }),
      );
      return { status, data: output.parse(data) };
    },
  };
}

/** Reads the form while `use` takes its file. Errors: why the form is refused, else those of `use`. */
async function receive(
  req: IncomingMessage,
  rules: FormRules,
  times: UploadTimes,
  use: (form: Form, file: FormFile) => Promise<unknown>,
): Promise<unknown> {
  const form = new Form(req, rules, times);
  try {
    const stored = use(form, await form.file);
    // Where the form is refused, the client is not kept waiting until what was stored of it is gone.
    stored.catch(() => {});
    return await Promise.race([stored, form.refused]);
  } finally {
    form.close();
  }
}

function rulesOf({ path, fields, maxBytes }: UploadDefinition): FormRules {
  const inPath = pathParameters(path);
  const ofForm = Object.entries(fields.shape).filter(([name]) => !inPath.includes(name));
  const schema = z.object(Object.fromEntries(ofForm));
  const partial = schema.partial();
  return {
    names: ofForm.map(([name]) => name),
    check(given, whole) {
      const { error } = (whole ? schema : partial).safeParse(Object.fromEntries(given));
      if (error) throw invalidInput(error);
    },
    maxBytes(given) {
      const type = typeOf(given);
      return type === undefined ? maxBytes : Math.min(maxBytes, limits.mediaBytes[type]);
    },
  };
}

/** The field `type`, where there is one. */
function typeOf(fields: FormFields): MediaType | undefined {
  return mediaTypes.find((type) => type === fields.get('type'));
}
