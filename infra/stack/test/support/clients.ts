/** One value in each kind of store, by the client that Parley uses. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { Client as Minio } from 'minio';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import type { RunningStore } from '../../src/index.ts';

export interface Client extends AsyncDisposable {
  write(value: string): Promise<void>;
  read(): Promise<string>;
}

export async function redisClient({ url }: RunningStore): Promise<Client> {
  const redis = new Redis(url);
  redis.on('error', () => {});
  return {
    write: async (value) => void (await redis.set('key', value)),
    read: async () => (await redis.get('key')) ?? '',
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

export async function natsClient({ url }: RunningStore): Promise<Client> {
  const connection = await connect({ servers: url, reconnect: true, maxReconnectAttempts: -1 });
  const manager = await jetstreamManager(connection);
  return {
    async write(value) {
      await manager.streams.add({ name: 'kept', subjects: ['kept'] });
      await jetstream(connection).publish('kept', value);
    },
    read: async () => (await manager.streams.getMessage('kept', { last_by_subj: 'kept' }))?.string() ?? '',
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

export async function mongoClient({ url }: RunningStore): Promise<Client> {
  const client = await new MongoClient(url).connect();
  const collection = client.db().collection<{ _id: string; value: string }>('kept');
  return {
    async write(value) {
      await collection.updateOne({ _id: 'key' }, { $set: { value } }, { upsert: true });
    },
    read: async () => (await collection.findOne({ _id: 'key' }))?.value ?? '',
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export async function s3Client({ env }: RunningStore): Promise<Client> {
  const [host = '', port] = (env.MINIO_ENDPOINT ?? '').split(':');
  const minio = new Minio({
    endPoint: host,
    port: Number(port),
    useSSL: env.MINIO_USE_SSL === 'true',
    accessKey: env.MINIO_ACCESS_KEY ?? '',
    secretKey: env.MINIO_SECRET_KEY ?? '',
    region: 'us-east-1',
  });
  const bucket = env.MINIO_BUCKET ?? '';
  return {
    async write(value) {
      if (!(await minio.bucketExists(bucket))) await minio.makeBucket(bucket);
      await minio.putObject(bucket, 'key', value);
    },
    async read() {
      let text = '';
      for await (const chunk of await minio.getObject(bucket, 'key')) text += chunk;
      return text;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

export async function postgresClient({ url }: RunningStore): Promise<Client> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  return {
    async write(value) {
      await client.query('CREATE TABLE IF NOT EXISTS kept (value text)');
      await client.query('INSERT INTO kept VALUES ($1)', [value]);
    },
    read: async () => (await client.query('SELECT value FROM kept')).rows[0].value,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
