/** docker-compose.yml and the Dockerfile, as far as they can be checked without Docker. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configTable, parseConfig } from '@parley/platform';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string; target: string };
  profiles?: string[];
  command?: string[];
  container_name?: string;
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  volumes?: string[];
  ports?: string[];
  networks?: string[];
  restart?: string;
  init?: boolean;
  stop_grace_period?: string;
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
  networks: Record<string, { internal?: boolean } | null>;
}

const root = join(import.meta.dirname, '..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const source = text('docker-compose.yml');
const compose = parse(source, { merge: true }) as Compose;
const production = parse(text('infra/docker/compose.production.yml'), { merge: true }) as Compose;
const dockerfile = text('infra/docker/Dockerfile');

const apps = ['api', 'realtime', 'workers'];
const stores = ['postgres', 'mongodb', 'redis', 'nats', 's3'];
const oneShots = ['secrets', 'dev'];
const service = (name: string) => compose.services[name] as Service;
const everything = Object.entries(compose.services);
const known = new Set(configTable().map(({ name }) => name));
/** What the apps of a file get, a `X_FILE` counted as X. */
const variables = (environment: Record<string, string> = {}) =>
  Object.keys(environment).map((name) => name.replace(/_FILE$/, ''));

describe('docker-compose.yml', () => {
  test('has the programs, the stores, and the stores again for development', () => {
    const names = [...apps, ...stores, ...stores.map((store) => `${store}-dev`), ...oneShots];
    expect(Object.keys(compose.services).sort()).toEqual(names.sort());
  });

  test('every image is an exact version from its maker', () => {
    const makers = /^(postgres|mongo|nats|valkey\/valkey|chrislusf\/seaweedfs):\d+\.\d+(\.\d+)?(-[a-z]+)?$/;
    for (const [name, { image, build }] of everything) {
      if (apps.includes(name)) expect(build?.target, name).toBe(name);
      else expect(image, name).toMatch(makers);
    }
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+:\S+)/gm)) {
      expect(image).toBe('node:24.21.0-bookworm-slim');
    }
    expect(`${source}${dockerfile}`).not.toMatch(/:latest|bitnami|minio\/minio/);
  });

  test('all that goes on running tells its health, starts again, and is given time to stop', () => {
    for (const [name, { healthcheck, restart, stop_grace_period: grace }] of everything) {
      if (oneShots.includes(name)) continue;
      expect(healthcheck?.test[0], name).toMatch(/^CMD/);
      expect(restart, name).toBe('unless-stopped');
      expect(Number.parseInt(grace ?? '0', 10), name).toBeGreaterThan(20);
    }
    for (const app of apps) {
      const { environment, stop_grace_period: grace, init } = service(app);
      expect(Number.parseInt(grace ?? '0', 10)).toBeGreaterThan(Number(environment?.SHUTDOWN_SECONDS));
      expect(init).toBe(true);
    }
  });

  test('a program starts when what it needs is healthy', () => {
    for (const app of apps) {
      const needs = service(app).depends_on ?? {};
      for (const store of stores) expect(needs[store]?.condition, `${app}, ${store}`).toBe('service_healthy');
      expect(needs.secrets?.condition).toBe('service_completed_successfully');
    }
    expect(service('api').depends_on?.realtime?.condition).toBe('service_healthy');
    for (const [name, { depends_on: needs = {} }] of everything) {
      for (const needed of Object.keys(needs)) expect(compose.services, name).toHaveProperty(needed);
    }
  });

  test('named volumes are declared and used, and no two stores share one', () => {
    const used = everything.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]));
    const named = used.filter((volume) => !volume?.startsWith('.'));
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
    const data = named.filter((volume) => !volume?.startsWith('secrets-'));
    expect(new Set(data).size).toBe(data.length);
    for (const file of used.filter((volume) => volume?.startsWith('.'))) {
      expect(existsSync(join(root, file as string)), file).toBe(true);
    }
    // The image of PostgreSQL 18 keeps its data one folder higher than those before it.
    expect(service('postgres').volumes).toContain('postgres:/var/lib/postgresql');
  });

  test('the stores cannot be reached from outside, but for the files that clients fetch', () => {
    expect(compose.networks.stores?.internal).toBe(true);
    for (const name of ['postgres', 'mongodb', 'redis', 'nats']) {
      expect(service(name).ports, name).toBeUndefined();
      expect(service(name).networks, name).toEqual(['stores']);
    }
    for (const [name, { ports = [] }] of everything) {
      for (const port of ports)
        expect(port, name).toMatch(/^(127\.0\.0\.1|\$\{PUBLISH_ADDRESS:-127\.0\.0\.1\}):/);
    }
    expect(
      Object.keys(compose.services).filter((name) => service(name).ports && !name.endsWith('-dev')),
    ).toEqual(['api', 's3']);
  });

  test('realtime can be scaled: api finds it by name', () => {
    expect(service('realtime').ports).toBeUndefined();
    for (const [name, { container_name: fixed }] of everything) expect(fixed, name).toBeUndefined();
    expect(service('api').environment?.REALTIME_URL).toBe('http://realtime:8080');
  });

  test('the profile dev is the stores on this machine, with data of their own', () => {
    const inProfile = everything
      .filter(([, { profiles }]) => profiles?.includes('dev'))
      .map(([name]) => name);
    expect(inProfile.sort()).toEqual(['dev', ...stores.map((store) => `${store}-dev`)].sort());
    expect(Object.keys(service('dev').depends_on ?? {}).sort()).toEqual(
      stores.map((store) => `${store}-dev`).sort(),
    );
    const published = stores.flatMap((store) => service(`${store}-dev`).ports ?? []);
    expect(published.map((port) => port.split(':')[1]).sort()).toEqual(
      ['27017', '4222', '5432', '6379', '8333'].sort(),
    );
  });

  test('holds no secret', () => {
    for (const [name, { environment = {} }] of everything) {
      for (const [variable, value] of Object.entries(environment)) {
        if (!/SECRET|PASSWORD|TOKEN|ACCESS_KEY/.test(variable) || variable.endsWith('_FILE')) continue;
        const allowed = name.endsWith('-dev') ? /^for-development-only$/ : /^\$\{[A-Z_]+:-\}$/;
        expect(String(value), `${name}: ${variable}`).toMatch(allowed);
      }
    }
    expect(source).not.toMatch(/:\/\/[^/\s@]+:[^/\s@$]+@/);
  });

  test('programs get variables that there are, with values that are accepted', () => {
    for (const app of apps) {
      const { environment = {} } = service(app);
      for (const name of variables(environment)) expect(known, `${app}: ${name}`).toContain(name);
      const filled = { DATABASE_URL: 'postgres://a:b@postgres:5432/parley', JWT_SECRET: 'x'.repeat(40) };
      const keys = { MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 'b' };
      expect(() => parseConfig({ ...defaults(environment), ...filled, ...keys })).not.toThrow();
    }
  });
});

/** As Compose fills in variables that are not set. */
function defaults(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      String(value).replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1'),
    ]),
  );
}

describe('compose.production.yml', () => {
  test('demands every secret, and changes only what there is', () => {
    for (const [name, { environment = {} }] of Object.entries(production.services)) {
      expect(compose.services).toHaveProperty(name);
      if (name === 'secrets') {
        expect(Object.keys(environment)).toEqual(Object.keys(service('secrets').environment ?? {}));
        for (const value of Object.values(environment)) expect(value).toMatch(/^\$\{[A-Z_]+:\?.+\}$/);
      } else {
        expect(environment.NODE_ENV, name).toBe('production');
        for (const variable of variables(environment)) expect(known, variable).toContain(variable);
      }
    }
    expect(Object.keys(production.services).sort()).toEqual([...apps, 'secrets'].sort());
  });
});

describe('the Dockerfile', () => {
  const ignored = text('.dockerignore').split('\n');

  test('copies what exists and is not ignored', () => {
    for (const [, list] of dockerfile.matchAll(/^COPY (?!--)(.+)$/gm)) {
      for (const path of (list as string).split(' ').slice(0, -1)) {
        expect(existsSync(join(root, path)), path).toBe(true);
        const [top = ''] = path.split('/');
        expect(ignored, path).toContain(`!${top}`);
        expect(ignored, path).not.toContain(path.replace(/\/package\.json$/, ''));
      }
    }
  });

  test('has a target for each program, that runs without rights and tells its health', () => {
    for (const app of apps) {
      expect(dockerfile).toContain(`FROM program AS ${app}\n`);
      expect(dockerfile).toContain(`CMD ["node", "apps/${app}/src/main.ts"]`);
      expect(existsSync(join(root, `apps/${app}/src/main.ts`)), app).toBe(true);
    }
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  });

  test('brings every package that a program depends on', () => {
    const brought = (name: string) =>
      ['packages', 'apps'].some((folder) => dockerfile.includes(`COPY ${folder}/${name} ${folder}/${name}`));
    const check = (folder: string) => {
      const { dependencies = {} } = JSON.parse(text(`${folder}/package.json`));
      for (const dependency of Object.keys(dependencies).filter((name) => name.startsWith('@parley/'))) {
        const name = dependency.replace('@parley/', '');
        expect(brought(name), `${folder} needs ${dependency}`).toBe(true);
        expect(dockerfile).toContain(`COPY packages/${name}/package.json packages/${name}/`);
        check(`packages/${name}`);
      }
    };
    for (const app of apps) check(`apps/${app}`);
  });
});
