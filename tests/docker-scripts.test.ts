/** What runs in the containers before the programs do. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

describe('the scripts in the images', () => {
  const run = (script: string, env: Record<string, string>, ...args: string[]) =>
    execFileSync('sh', [join(root, 'infra/docker', script), ...args], {
      env: { PATH: process.env.PATH ?? '', ...env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  test('the entry point reads variables from files, unless they are set', () => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-entry-'));
    try {
      writeFileSync(join(dir, 'secret'), 'it\'s "$HOME" `id`\n');
      const show = [
        'node',
        '-e',
        'console.log(JSON.stringify([process.env.JWT_SECRET, process.env.JWT_SECRET_FILE]))',
      ];
      const file = { JWT_SECRET_FILE: join(dir, 'secret') };
      expect(JSON.parse(run('entrypoint.sh', file, ...show))).toEqual(['it\'s "$HOME" `id`', null]);
      expect(JSON.parse(run('entrypoint.sh', { ...file, JWT_SECRET: 'set' }, ...show))).toEqual([
        'set',
        null,
      ]);
      expect(() => run('entrypoint.sh', { JWT_SECRET_FILE: join(dir, 'none') }, ...show)).toThrow(
        'cannot be read',
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('secrets are made once, random, and given ones are taken', () => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
    try {
      // The folders and the user of the containers, replaced by what there is here.
      const script = readFileSync(join(root, 'infra/docker/secrets.sh'), 'utf8')
        .replaceAll('=/secrets/', `=${dir}/`)
        .replace('1000:1000', `${process.getuid?.()}:${process.getgid?.()}`);
      const make = (env: Record<string, string> = {}) => {
        execFileSync('sh', ['-c', script], { env: { PATH: process.env.PATH ?? '', ...env }, stdio: 'pipe' });
        return Object.fromEntries(
          readdirSync(dir, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'utf8')]),
        );
      };
      const first = make();
      expect(first['jwt-secret']).toMatch(/^[0-9a-f]{64}$/);
      expect(first['database-url']).toBe(`postgres://parley:${first.password}@postgres:5432/parley`);
      const { accessKey, secretKey } = JSON.parse(first['s3.json'] ?? '').identities[0].credentials[0];
      expect([accessKey, secretKey]).toEqual([first['s3-access-key'], first['s3-secret-key']]);
      execFileSync('chmod', ['-R', 'u+w', dir]);
      expect(make()).toEqual(first);
      execFileSync('chmod', ['-R', 'u+w', dir]);
      const given = 'given-by-the-operator-0123456789-abcdef';
      expect(make({ JWT_SECRET: given })).toEqual({ ...first, 'jwt-secret': given });
      execFileSync('chmod', ['-R', 'u+w', dir]);
      expect(() => make({ POSTGRES_PASSWORD: 'a/b@c' })).toThrow('letters, digits');
    } finally {
      execFileSync('chmod', ['-R', 'u+w', dir]);
      rmSync(dir, { recursive: true });
    }
  });
});
