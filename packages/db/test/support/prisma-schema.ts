/** What tables a Prisma schema describes, and what tables a database has, in the same words. */
import type pg from 'pg';

/** Lines in PostgreSQL's words, sorted. */
export interface Table {
  columns: string[];
  indexes: string[];
  foreignKeys: string[];
}

interface Field {
  name: string;
  type: string;
  attributes: string;
}

interface Model {
  name: string;
  table: string;
  fields: Field[];
  /** The lines that begin with `@@`. */
  attributes: string[];
}

const types: Record<string, string> = {
  BigInt: 'bigint',
  Boolean: 'boolean',
  Int: 'integer',
  Json: 'jsonb',
  String: 'text',
  '@db.Uuid': 'uuid',
  '@db.VarChar': 'character varying',
  'Unsupported("tsvector")': 'tsvector',
};

const actions: Record<string, string> = { Cascade: 'CASCADE', Restrict: 'RESTRICT', SetNull: 'SET NULL' };

/** The tables that a schema describes, by Prisma's rules for names and defaults. */
export function describedTables(schema: string): Record<string, Table> {
  const models = [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].map(([, name = '', body = '']) =>
    parseModel(name, body),
  );
  const tableOf = new Map(models.map((model) => [model.name, model.table]));
  return Object.fromEntries(models.map((model) => [model.table, describe(model, tableOf)]));
}

function parseModel(name: string, body: string): Model {
  const lines = body.split('\n').map((line) => line.trim());
  const attributes = lines.filter((line) => line.startsWith('@@'));
  const fields = lines.flatMap((line): Field[] => {
    const [, field, type, rest] = /^(\w+) +(\S+) *(.*)$/.exec(line) ?? [];
    return field && type ? [{ name: field, type, attributes: rest ?? '' }] : [];
  });
  const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name;
  return { name, table, fields, attributes };
}

function describe({ table, fields, attributes }: Model, tableOf: Map<string, string>): Table {
  const isColumn = ({ type }: Field) => !tableOf.has(type.replace(/\?|\[\]$/, ''));
  const columns = fields.filter(isColumn);

  const indexes = columns.flatMap((field) => {
    if (/@id\b/.test(field.attributes)) return [indexLine(table, 'id', field.name)];
    return /@unique\b/.test(field.attributes) ? [indexLine(table, 'unique', field.name)] : [];
  });
  for (const line of attributes) {
    const [, kind = '', list] = /^@@(id|unique|index)\(\[(.+?)\]/.exec(line) ?? [];
    if (list) indexes.push(indexLine(table, kind, list));
  }

  const foreignKeys = fields.flatMap(({ type, attributes: text }) => {
    const [, from = '', to] = /fields: \[(.+?)\], references: \[(.+?)\]/.exec(text) ?? [];
    if (!to) return [];
    const onDelete = actions[/onDelete: (\w+)/.exec(text)?.[1] ?? ''];
    const name = `${table}_${from.replaceAll(', ', '_')}_fkey`;
    const target = `${tableOf.get(type.replace('?', ''))}(${to})`;
    return [`${name} FOREIGN KEY (${from}) REFERENCES ${target} ON UPDATE CASCADE ON DELETE ${onDelete}`];
  });
  return {
    columns: columns.map(columnLine).sort(),
    indexes: indexes.sort(),
    foreignKeys: foreignKeys.sort(),
  };
}

function columnLine({ name, type, attributes }: Field): string {
  const [, native = '', size = ''] = /(@db\.\w+)(\(\d+\))?/.exec(attributes) ?? [];
  const base =
    native === '@db.Timestamptz'
      ? `timestamp${size} with time zone`
      : `${types[native || type.replace(/\?|\[\]$/, '')]}${size}${type.endsWith('[]') ? '[]' : ''}`;
  const fallback = /@default\((.*?)\)(?= @|$)/.exec(attributes)?.[1];
  return [name, base, type.endsWith('?') ? '' : 'NOT NULL', fallback === undefined ? '' : defaultOf(fallback)]
    .filter(Boolean)
    .join(' ');
}

function defaultOf(value: string): string {
  if (value === 'autoincrement()') return 'IDENTITY';
  const expression = /^dbgenerated\("(.*)"\)$/.exec(value)?.[1] ?? value;
  return `DEFAULT ${expression.replace(/^"(.*)"$/, "'$1'")}`;
}

function indexLine(table: string, kind: string, list: string): string {
  const columns = list.replaceAll(', ', '_');
  if (kind === 'id') return `${table}_pkey PRIMARY KEY (${list})`;
  return kind === 'unique' ? `${table}_${columns}_key UNIQUE (${list})` : `${table}_${columns}_idx (${list})`;
}

/** Partial indexes, and those with further columns or options, are left out: a Prisma schema cannot describe them. */
const selectTables = `
  SELECT c.relname AS "table",
    ARRAY(SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
                 CASE WHEN a.attnotnull THEN 'NOT NULL' END, CASE WHEN a.attidentity <> '' THEN 'IDENTITY' END,
                 'DEFAULT ' || regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z ]+$', ''))
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    ARRAY(SELECT concat_ws(' ', i.indexrelid::regclass,
                 CASE WHEN i.indisprimary THEN 'PRIMARY KEY' WHEN i.indisunique THEN 'UNIQUE' END,
                 substring(pg_get_indexdef(i.indexrelid) FROM '\\(.*$'))
          FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indpred IS NULL AND i.indnatts = i.indnkeyatts AND x.reloptions IS NULL) AS indexes,
    ARRAY(SELECT k.conname || ' ' || pg_get_constraintdef(k.oid)
          FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f') AS "foreignKeys"
  FROM pg_class c
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'`;

/** The tables that a database has. */
export async function presentTables(client: pg.Client): Promise<Record<string, Table>> {
  const { rows } = await client.query<Table & { table: string }>(selectTables);
  return Object.fromEntries(
    rows.map(({ table, columns, indexes, foreignKeys }) => [
      table,
      { columns: columns.sort(), indexes: indexes.sort(), foreignKeys: foreignKeys.sort() },
    ]),
  );
}
