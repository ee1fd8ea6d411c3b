import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangedRows } from './changed-rows.ts';

interface Row {
  readonly id: string;
  readonly is: string;
}
const list = ['c', 'b', 'a'].map((id) => ({ id, is: 'old' }));

/** A list on the server, and what was asked of it. */
function served(rows: Row[]) {
  const asked: (string[] | 'all')[] = [];
  return {
    asked,
    read: {
      all: async () => {
        asked.push('all');
        return rows;
      },
      some: async (ids: string[]) => {
        asked.push(ids);
        return rows.filter(({ id }) => ids.includes(id));
      },
    },
  };
}
const refused = async () => {
  throw new Error('refused');
};

test('of a list that is there only the rows that changed are asked for; new ones come first, others stay where they are', async () => {
  const rows = new ChangedRows<Row>();
  const { asked, read } = served([
    { id: 'd', is: 'new' },
    { id: 'c', is: 'new' },
    { id: 'b', is: 'new' },
  ]);
  for (const id of ['b', 'd', 'a', 'b']) rows.add(id);
  assert.deepEqual(await rows.read(list, read), [
    { id: 'd', is: 'new' },
    { id: 'c', is: 'old' },
    { id: 'b', is: 'new' },
  ]);
  assert.deepEqual(asked, [['b', 'd', 'a']]);
});

test('all is read where nothing was there, where nobody knows what changed, and where somebody asks for it', async () => {
  const rows = new ChangedRows<Row>();
  const { asked, read } = served(list);
  rows.add('b');
  await rows.read(undefined, read);
  rows.add('b');
  rows.add();
  await rows.read(list, read);
  await rows.read(list, read);
  assert.deepEqual(asked, ['all', 'all', 'all']);
});

test('what could not be read is told, and is still to be read', async () => {
  const rows = new ChangedRows<Row>();
  const { asked, read } = served([{ id: 'a', is: 'new' }]);
  rows.add('a');
  await assert.rejects(rows.read(list, { all: refused, some: refused }), /refused/);
  rows.add('b');
  assert.deepEqual(await rows.read(list, read), [
    { id: 'c', is: 'old' },
    { id: 'a', is: 'new' },
  ]);
  rows.add();
  await assert.rejects(rows.read(list, { all: refused, some: refused }), /refused/);
  rows.add('c');
  await rows.read(list, read);
  assert.deepEqual(asked.map(String), ['a,b', 'all']);
});

test('a row that changes while it is read is read again', async () => {
  const rows = new ChangedRows<Row>();
  rows.add('a');
  const { asked, read } = served(list);
  await rows.read(list, {
    ...read,
    some: async (ids) => {
      rows.add('a');
      return read.some(ids);
    },
  });
  await rows.read(list, read);
  await rows.read(list, read);
  assert.deepEqual(asked, [['a'], ['a'], 'all']);
});
