import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayIn } from './way-in.ts';

test('one signs in at the public address, else at the private one, and not by SSH to Windows', () => {
  const debian = { template_name: 'Debian', private_ipv4_address: '10.0.0.2' };
  assert.equal(wayIn({ ...debian, public_ipv4_address: '198.51.100.7' }), 'ssh root@198.51.100.7');
  assert.equal(wayIn(debian), 'ssh root@10.0.0.2');
  assert.equal(wayIn({ ...debian, public_ipv4_address: '' }), 'ssh root@10.0.0.2');
  assert.equal(wayIn({ template_name: 'Debian' }), undefined);
  assert.equal(wayIn({ ...debian, template_name: 'Windows Server' }), undefined);
});
