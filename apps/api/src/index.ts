/** @packageDocumentation REST at `/api/v1`, tRPC at `/trpc`, the OpenAPI document, docs, health and the dev inbox. */
export { type Api, createApi } from './api.ts';
export { startApi } from './program.ts';
export type { ParleyErrorData } from './trpc/init.ts';
export type { AppRouter } from './trpc/router.ts';
