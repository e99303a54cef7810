// A platform with departments below, above and beside one another, things in each of them, and a person for each role and grant.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Client, liftLimits, Person } from '../platform.mjs';
import { relations, roles } from './tables.mjs';

export const top = 'dep_00000000000000000000000001';
export const targets = ['same', 'below', 'above', 'beside'];
// The roles that between them hold every permission: a grant in one department is tried with one of these.
export const granted = ['system_administrator', 'security_administrator', 'auditor', 'operator'];

const ok = (answer) => {
  assert.ok(answer.status >= 200 && answer.status < 300, `${answer.status} ${answer.raw}`);
  return answer.data;
};
// A letter between the digits: no chance makes four alike or four in a row, which the rule of passwords refuses.
const password = () => `Staple-${[...randomBytes(6).toString('hex')].join('q')}-Window-8`;

function certificateRequest(name) {
  return execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null', '-subj', `/CN=${name}`], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
}

export class World {
  constructor(platform) {
    this.platform = platform;
    this.things = {};
    this.people = {};  // role → { cookie, token }, granted in the root with what is below
    this.locals = {};  // grant kind → role → Person
    this.clients = {}; // role → Client in the root, with a token; `local` likewise in A
  }
  async make() {
    const { platform } = this;
    this.system = await liftLimits(platform);
    this.security = await new Person(platform, 'security', platform.accounts.security).signIn('token');
    this.operator = await new Person(platform, 'operator', platform.accounts.operator).signIn('token');
    this.auditor = await new Person(platform, 'audit', platform.accounts.audit).signIn('token');
    this.roles = new Map(ok(await this.security.get('/roles?pageSize=200')).items.map((role) => [role.name, role]));
    this.ownRole = ok(await this.security.post('/roles', { name: 'own', title: 'own', permissions: ['department.read', 'user.read'] }));
    await this.makeDepartments();
    for (const target of targets) this.things[target] = await this.makeThings(target);
    await Promise.all([this.makePeople(), this.makeClients()]);
    // From here on whatever raises risk waits for a second person, and there is one such thing in each department.
    ok(await this.system.patch('/settings/approvals.required', { value: true, reason: 'as in production' }));
    for (const target of targets) this.things[target].approval = ok(await this.system.post(`/users/${this.things[target].disabled}/enable`)).approvalId;
    for (const target of targets) {
      const { items } = ok(await this.auditor.get(`/audit?target=${this.things[target].department}&audit=department.created`));
      this.things[target].audit = items[0].id;
    }
    return this;
  }
  async makeDepartments() {
    const make = async (parentId, name) => ok(await this.system.post('/departments', { parentId, name })).id;
    const above = await make(top, 'above'), same = await make(above, 'same'), below = await make(same, 'below'), beside = await make(above, 'beside');
    this.departments = { same, below, above, beside };
    // Every department has one below it, whose name is taken then.
    await make(below, 'child'), await make(beside, 'child'), await make(same, 'child'), await make(above, 'child');
  }
  async makeUser(account, departmentId) {
    return ok(await this.system.post('/users', { account, name: account, departmentId })).id;
  }
  async makeThings(target) {
    const department = this.departments[target];
    const [user, disabled, holder] = [await this.makeUser(`${target}.user`, department), await this.makeUser(`${target}.disabled`, department), await this.makeUser(`${target}.holder`, department)];
    ok(await this.system.post(`/users/${disabled}/disable`, { reason: 'x' }));
    const grant = ok(await this.security.post(`/users/${holder}/grants`, { roleId: this.roles.get('checker').id, departmentId: department, inherit: false })).id;
    const client = ok(await this.security.post('/api-clients', { name: 'taken', departmentId: department, scopes: ['department.read'] })).id;
    const code = ok(await this.system.post('/robots/enrolment-codes', { name: `robot-${target}`, departmentId: department })).code;
    const joined = await this.platform.request('POST', '/robot-gateway/v1/enrol', { port: this.platform.ports.robots, body: { code: code.split('.')[0], name: `robot-${target}`, request: certificateRequest(target), version: '0.1.0', os: 'test', arch: 'test', slots: 1 } });
    const robot = ok(joined).robot;
    const trial = ok(await this.system.post(`/robots/${robot}/trial-runs`, { expression: '6 * 7' })).task;
    const work = await this.makeWork(department);
    ok(await this.system.post(`/robots/${robot}/disable`)); // so that another trial run is refused, but only after the rights were asked
    return { target, department, user, disabled, holder, grant, client, robot, trial, ...work };
  }
  // What flows work with, one of each.
  async makeWork(departmentId) {
    const { operator, security } = this;
    const queue = ok(await operator.post('/queues', { departmentId, name: 'taken' })).id;
    const item = ok(await operator.post(`/queues/${queue}/items`, { reference: 'A-1' })).id;
    const asset = ok(await operator.post('/assets', { departmentId, name: 'taken', type: 'text' })).id;
    const credential = ok(await security.post('/credentials', { departmentId, name: 'taken', type: 'password', password: 'only-an-example' })).id;
    const folder = ok(await operator.post('/folders', { departmentId, name: 'taken' })).id;
    const file = ok(await operator.call('POST', `/files?${new URLSearchParams({ departmentId, name: 'taken' })}`, Buffer.from('x'), { 'content-type': 'application/octet-stream' })).id;
    const question = ok(await operator.post('/human-tasks', { departmentId, title: 'sure?', fields: [{ name: 'sure', type: 'bool' }] })).id;
    return { queue, item, asset, credential, folder, file, question };
  }
  // A user with one grant, who chose an own password by the one-time code.
  async makePerson(account, role, departmentId, inherit) {
    const id = await this.makeUser(account, top);
    const link = ok(await this.system.post(`/users/${id}/reset-password`, { reason: 'new' }));
    const made = new Person(this.platform, account, password());
    ok(await this.platform.request('POST', '/api/v1/auth/password', { body: { oneTimeCode: link.oneTimeCode, newPassword: made.password } }));
    ok(await this.security.post(`/users/${id}/grants`, { roleId: this.roles.get(role).id, departmentId, inherit }));
    return made;
  }
  async makePeople() {
    for (const { grant } of relations) this.locals[grant] = {};
    await Promise.all(roles.map(async (role) => {
      const person = await this.makePerson(`root.${role}`, role, top, true);
      const cookie = await new Person(this.platform, person.account, person.password).signIn('cookie');
      this.people[role] = { cookie, token: await person.signIn('token') };
      if (granted.includes(role)) this.locals.in_root_inherit[role] = person;
    }));
    await Promise.all(granted.flatMap((role) => [['in_own', false], ['in_own_inherit', true]].map(async ([kind, inherit]) => {
      this.locals[kind][role] = await (await this.makePerson(`${kind}.${role}`, role, this.departments.same, inherit)).signIn('token');
    })));
  }
  async makeClients() {
    const make = async (name, role, departmentId, actFor = false) => {
      // Deciding and acting alone are no scopes of a client at all.
      const scopes = this.roles.get(role).permissions.filter((name) => !['approval.decide', 'approval.act_alone'].includes(name));
      const key = ok(await this.security.post('/api-clients', { name: name.replace('.', '-'), departmentId, scopes, actFor }));
      const client = new Client(this.platform, key.accessKey, key.secret);
      client.id = key.id;
      client.token = ok(await client.call('POST', '/auth/token', {})).accessToken;
      return client;
    };
    for (const role of granted) {
      this.clients[role] = await make(`root.${role}`, role, top, true);
      this.locals.in_own_inherit[`client ${role}`] = await make(`own.${role}`, role, this.departments.same);
    }
  }
}
