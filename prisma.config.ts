// Where Prisma's own commands find things: `npx prisma migrate status`, `npx prisma studio`. The programs do not read it.
import { defineConfig } from 'prisma/config';

const url = process.env.DATABASE_URL;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Generating the client needs none.
  ...(url === undefined ? {} : { datasource: { url } }),
});
