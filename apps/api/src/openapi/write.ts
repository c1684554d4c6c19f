/** For `npm run generate`: the document as it is kept in `apps/api/openapi.json`. */
export { createDocument as openApiDocument } from './document.ts';
