// One insert a webhook, durable before the promise resolves; a repetition changes nothing.
// SQLite through `libsql`, which has the interface of better-sqlite3 and comes compiled.
import Database from 'libsql';
import pg from 'pg';

const TABLE = `CREATE TABLE IF NOT EXISTS deliveries
  (webhook_id text PRIMARY KEY, topic text NOT NULL, shop text NOT NULL, payload text NOT NULL)`;
const INSERT = 'INSERT INTO deliveries (webhook_id, topic, shop, payload)';

async function postgresql(url) {
  const pool = new pg.Pool({ connectionString: url, max: 16 });
  await pool.query(TABLE);
  const text = `${INSERT} VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`;
  return (...values) => pool.query({ name: 'keep', text, values });
}

function sqlite(path) {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(TABLE);
  const statement = database.prepare(`${INSERT} VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  return async (...values) => statement.run(...values);
}

const url = process.env.HANDCART_DATABASE_URL;
export const keep = url.startsWith('sqlite')
  ? sqlite(url.slice('sqlite:///'.length))
  : await postgresql(url);
