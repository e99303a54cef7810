// Two persons: what raises risk waits for another one, what lowers it does not.
import assert from 'node:assert/strict';
import test from 'node:test';
import { eachDatabase, liftLimits, Person } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};

await eachDatabase(test, 'two persons', async (t, platform) => {
  const system = await liftLimits(platform);
  const person = (account) => new Person(platform, account, platform.accounts[account]).signIn('token');
  const security = await person('security'), auditor = await person('audit'), checker = await person('checker');
  const user = is(await system.post('/users', { account: 'wang.wu', name: '王五', departmentId: top }), 201);
  const roles = is(await security.get('/roles?pageSize=50'), 200).items;
  const role = roles.find((r) => r.name === 'operator').id;
  const ask = () => security.post(`/users/${user.id}/grants`, { roleId: role, departmentId: top, inherit: true });
  const grants = async () => is(await security.get(`/users/${user.id}/grants`), 200).items;
  is(await system.patch('/settings/approvals.required', { value: true, reason: '投产' }), 200);

  await t.test('a grant is held with 202, its maker cannot approve it, another person can, and only then it is there', async () => {
    const held = is(await ask(), 202);
    assert.equal(held.state, 'pending');
    assert.match(held.approvalId, /^apr_/);
    assert.deepEqual(await grants(), []);
    const approval = is(await security.get(`/approvals/${held.approvalId}`), 200);
    const { digest } = approval;
    assert.equal(approval.operation, 'grant.create');
    assert.deepEqual([approval.input.roleId, approval.input.departmentId], [role, top]);
    const approve = (who, body = { digest }) => who.post(`/approvals/${held.approvalId}/approve`, body);
    is(await approve(security), 403, 'not_permitted');
    is(await approve(checker), 403, 'not_permitted'); // a business checker does not sign for the security side
    is(await approve(system, { digest: 'e'.repeat(64) }), 412, 'changed_meanwhile');
    assert.deepEqual(await grants(), []);
    assert.equal(is(await approve(system), 200).state, 'approved');
    assert.deepEqual((await grants()).map((g) => g.roleId), [role]);
    is(await approve(system), 409, 'wrong_state');
    const made = is(await auditor.get(`/audit?audit=grant.created`), 200).items.find((row) => row.approval === held.approvalId);
    assert.ok(made, 'the audit row of the grant names the approval');
    assert.equal(made.account, 'security');
  });

  await t.test('what lowers risk needs one person', async () => {
    const [grant] = await grants();
    is(await security.del(`/users/${user.id}/grants/${grant.id}?reason=off`), 200);
    assert.deepEqual(await grants(), []);
    is(await system.post(`/users/${user.id}/disable`, { reason: '离职' }), 200);
    is(await system.post(`/users/${user.id}/enable`), 202);
    assert.equal(is(await system.get(`/users/${user.id}`), 200).state, 'disabled');
  });

  await t.test('what is refused, withdrawn or has changed meanwhile is not carried out', async () => {
    const first = is(await ask(), 202);
    const { digest } = is(await system.get(`/approvals/${first.approvalId}`), 200);
    assert.equal(is(await system.post(`/approvals/${first.approvalId}/refuse`, { reason: '范围过大' }), 200).state, 'refused');
    is(await system.post(`/approvals/${first.approvalId}/approve`, { digest }), 409, 'wrong_state');
    const second = is(await ask(), 202);
    assert.notEqual((await system.post(`/approvals/${second.approvalId}/withdraw`, { reason: '不是我的' })).status, 200);
    assert.equal(is(await security.post(`/approvals/${second.approvalId}/withdraw`, { reason: '填错部门' }), 200).state, 'withdrawn');
    const made = is(await system.post('/departments', { parentId: top, name: '甲' }), 201);
    const to = is(await system.post('/departments', { parentId: top, name: '乙' }), 201);
    const move = is(await system.post(`/departments/${made.id}/move`, { parentId: to.id, reason: '调整' }), 202);
    is(await system.patch(`/departments/${made.id}`, { name: '丙' }), 200);
    const signed = is(await security.get(`/approvals/${move.approvalId}`), 200).digest;
    is(await security.post(`/approvals/${move.approvalId}/approve`, { digest: signed }), 412, 'changed_meanwhile');
    assert.equal(is(await system.get(`/departments/${made.id}`), 200).parentId, top);
    assert.deepEqual(await grants(), []);
  });

  await t.test('two approvals at the same moment carry the change out once', async () => {
    const held = is(await system.patch('/settings/security.max_failures', { value: 7, reason: '放宽' }), 202);
    const { digest } = is(await security.get(`/approvals/${held.approvalId}`), 200);
    const answers = await Promise.all(Array.from({ length: 8 }, () => security.post(`/approvals/${held.approvalId}/approve`, { digest })));
    assert.deepEqual(answers.map((a) => a.status).sort(), [200, ...Array(7).fill(409)], answers.map((a) => a.raw).join('\n'));
    assert.equal(is(await system.get('/settings/security.max_failures'), 200).value, 7);
  });

  await t.test('nobody turns the second person off alone', async () => {
    is(await system.patch('/settings/approvals.required', { value: false, reason: '省事' }), 202);
    assert.equal(is(await system.get('/settings/approvals.required'), 200).value, true);
  });
});
