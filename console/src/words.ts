import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

const zh = {
  app: '券机', appLong: '券机 RPA 管理平台', signIn: '登录', signOut: '退出', account: '账号', password: '口令', totp: '动态口令', totpHint: '已启用动态口令时填写',
  welcome: '欢迎，{{name}}', language: 'English', refresh: '刷新', create: '新建', edit: '修改', remove: '删除', confirmRemove: '确认删除“{{name}}”？此操作会被审计。',
  more: '更多', cancel: '取消', ok: '确定', close: '关闭', search: '筛选', clear: '清空', next: '下一页', first: '回到首页', total: '共 {{n}} 条', totalAtLeast: '超过 {{n}} 条',
  empty: '暂无内容', failed: '读取失败', retry: '重试', requestId: '请求编号 {{id}}', held: '已提交，等待第二人复核（{{id}}）', done: '已完成', onceTitle: '请立即保存，只显示这一次',
  copy: '复制', copied: '已复制', skip: '跳到正文', demo: '演示环境：账号自动生成，不要求复核，请勿用于生产。', details: '详情', before: '变更前', after: '变更后', yes: '是', no: '否',
  setUpTitle: '首次设置', setUpLead: '请为三位管理员建立账号。系统管理员、安全管理员、审计员互相独立，不能由同一人兼任。', setUpCode: '初始化码', setUpCodeHint: '启动平台时终端显示的链接中带有初始化码',
  setUpDone: '设置完成', setUpDoneLead: '三位管理员已建立，现在可以登录。', setUpNotNeeded: '平台已完成首次设置。', setUpExpired: '初始化码已过期：请重新启动平台，终端会显示新的链接。',
  system: '系统管理员', security: '安全管理员', audit: '审计员', name: '姓名', goSignIn: '去登录',
  departments: '部门', users: '用户', roles: '角色', apiClients: '接口客户端', approvals: '审批', auditLog: '审计日志', settings: '设置', robots: '机器人', sessions: '我的会话', calls: '接口调用', apiDocs: '接口文档', home: '首页',
  groupOrganisation: '组织与权限', groupOperation: '运行', groupControl: '审计与监控', health: '平台状态', roleList: '角色', departmentRights: '可用权限数', enrol: '注册机器人', trial: '试运行', trialResult: '试运行结果',
  connected: '在线', offline: '离线', lastBeat: '最近心跳', sandbox: '沙箱', waiting: '等待机器人上报…', approve: '同意', refuse: '拒绝', value: '取值', change: '变更', isDefault: '默认值',
  database: '数据库', commits: '提交次数', lastCommit: '最近提交', sealed: '审计封存块', good: '正常', unlock: '解锁', notPermitted: '没有查看权限', reason: '原因',
  acts: '操作', settingName: '名称', robotsOnline: '在线机器人', waitingApprovals: '待复核', callsLastHour: '近一小时接口调用', failedCalls: '其中失败 {{n}} 次', recentCalls: '最近的接口调用', all: '全部', noRobots: '还没有机器人：在“机器人”页注册一台',
  noneFailed: '没有失败', startedAt: '启动时间', version: '版本', schema: '表结构版本', storeWaiting: '等待提交', auditReserve: '审计预留空间', onePerson: '未要求双人复核：提高风险的操作由一人即可完成，仅适合试用。', lastSeal: '最近封存', calledAt: '时间', state: '状态', seen: '所见内容的摘要', took: '耗时', menu: '菜单', mine: '我的账号', queues: '数据队列', humanTasks: '人工任务', assets: '资产', credentials: '凭据', broken: '页面出错', brokenLead: '刷新页面后重试；仍有问题请联系管理员。',
};
type Words = Record<keyof typeof zh, string>;
const en: Words = {
  app: 'Quanji', appLong: 'Quanji RPA platform', signIn: 'Sign in', signOut: 'Sign out', account: 'Account', password: 'Password', totp: 'One-time code', totpHint: 'If you have switched it on',
  welcome: 'Welcome, {{name}}', language: '中文', refresh: 'Refresh', create: 'New', edit: 'Change', remove: 'Delete', confirmRemove: 'Delete "{{name}}"? This is audited.',
  more: 'More', cancel: 'Cancel', ok: 'OK', close: 'Close', search: 'Filter', clear: 'Clear', next: 'Next page', first: 'First page', total: '{{n}} in all', totalAtLeast: 'more than {{n}}',
  empty: 'Nothing here yet', failed: 'Could not be read', retry: 'Try again', requestId: 'Request {{id}}', held: 'Held for a second person ({{id}})', done: 'Done', onceTitle: 'Save this now: it is shown only once',
  copy: 'Copy', copied: 'Copied', skip: 'Skip to content', demo: 'Demonstration: accounts were made up, no second person is asked. Not for production.', details: 'Details', before: 'Before', after: 'After', yes: 'Yes', no: 'No',
  setUpTitle: 'First set-up', setUpLead: 'Make the accounts of three administrators. System, security and audit are separate: no one may hold two of them.', setUpCode: 'Set-up code', setUpCodeHint: 'It stands in the link the platform printed when it started',
  setUpDone: 'Set up', setUpDoneLead: 'The three administrators are there: you can sign in now.', setUpNotNeeded: 'This platform is set up already.', setUpExpired: 'The code is too old: start the platform again, it prints a new link.',
  system: 'System administrator', security: 'Security administrator', audit: 'Auditor', name: 'Name', goSignIn: 'Go to sign in',
  departments: 'Departments', users: 'Users', roles: 'Roles', apiClients: 'API clients', approvals: 'Approvals', auditLog: 'Audit', settings: 'Settings', robots: 'Robots', sessions: 'My sessions', calls: 'API calls', apiDocs: 'API pages', home: 'Home',
  groupOrganisation: 'People and rights', groupOperation: 'Operation', groupControl: 'Audit and calls', health: 'Platform', roleList: 'Roles', departmentRights: 'Permissions held', enrol: 'Enrol a robot', trial: 'Trial run', trialResult: 'Result of the trial',
  connected: 'Connected', offline: 'Offline', lastBeat: 'Last beat', sandbox: 'Sandbox', waiting: 'Waiting for the robot…', approve: 'Approve', refuse: 'Refuse', value: 'Value', change: 'Change', isDefault: 'Default',
  database: 'Database', commits: 'Commits', lastCommit: 'Last commit', sealed: 'Audit seals', good: 'In order', unlock: 'Unlock', notPermitted: 'You may not see this', reason: 'Reason',
  acts: 'Acts', settingName: 'Name', robotsOnline: 'Robots connected', waitingApprovals: 'Waiting for a second person', callsLastHour: 'API calls in the last hour', failedCalls: '{{n}} of them failed', recentCalls: 'Latest API calls', all: 'All', noRobots: 'No robot yet: enrol one on the page Robots',
  noneFailed: 'None failed', startedAt: 'Started', version: 'Version', schema: 'Schema', storeWaiting: 'Waiting to commit', auditReserve: 'Audit reserve', onePerson: 'No second person is asked: one person alone may do what raises risk. For trying out only.', lastSeal: 'Last seal', calledAt: 'At', state: 'State', seen: 'Digest of what you see', took: 'Took', menu: 'Menu', mine: 'My account', queues: 'Data queues', humanTasks: 'Human tasks', assets: 'Assets', credentials: 'Credentials', broken: 'This page failed', brokenLead: 'Load it again; if it fails again, tell an administrator.',
};
// How the interface spells states and kinds, and what people read; a word that is not here is shown as it is.
const spelled: Record<string, [zh: string, en: string]> = {
  enabled: ['启用', 'Enabled'], disabled: ['停用', 'Disabled'], deleted: ['已删除', 'Deleted'], revoked: ['已吊销', 'Revoked'],
  pending: ['待复核', 'Pending'], approved: ['已同意', 'Approved'], refused: ['已拒绝', 'Refused'], expired: ['已过期', 'Expired'], withdrawn: ['已撤回', 'Withdrawn'],
  due: ['待补核', 'Due'], accepted: ['已认可', 'Accepted'], objected: ['有异议', 'Objected'],
  staff: ['员工', 'Staff'], outsourced: ['外包', 'Outsourced'], application: ['应用', 'Application'],
  local: ['本地', 'Local'], imported: ['导入', 'Imported'],
  cookie: ['浏览器', 'Browser'], token: ['令牌', 'Token'], open: ['未结束', 'Open'], locked: ['已锁定', 'Locked'], ended: ['已结束', 'Ended'],
  idle: ['空闲', 'Idle'], assigned: ['已分配', 'Assigned'], running: ['运行中', 'Running'], abnormal: ['异常', 'Abnormal'], maintenance: ['维护中', 'In maintenance'],
  paused: ['已暂停', 'Paused'],  new: ['待处理', 'New'], on_hold: ['已搁置', 'On hold'], in_progress: ['处理中', 'In progress'], abandoned: ['已放弃', 'Abandoned'], retried: ['已重试', 'Retried'],
  claimed: ['已领取', 'Claimed'], active: ['使用中', 'Active'], draining: ['排空中', 'Draining'],
  text: ['文本', 'Text'], integer: ['整数', 'Integer'], decimal: ['十进制数', 'Decimal'], bool: ['是否', 'Yes or no'], date: ['日期', 'Date'], json: ['JSON', 'JSON'], list: ['列表', 'List'], secret: ['密文', 'Secret'],
  task: ['任务', 'Task'], robot: ['机器人', 'Robot'], server: ['服务器', 'Server'], department: ['部门', 'Department'], global: ['全局', 'Global'],
  key: ['密钥', 'Key'], certificate: ['证书', 'Certificate'], totp: ['动态口令', 'One-time codes'], ukey_pin: ['U-key PIN', 'U-key PIN'],
  priority_then_age: ['优先级，再先后', 'Priority, then age'], earliest_deadline: ['截止早者先', 'Earliest deadline'], fifo: ['按分区键先进先出', 'First in, first out by partition'],
  full: ['完整', 'Full'], partial: ['部分', 'Partial'], off: ['关闭', 'Off'],
  succeeded: ['成功', 'Succeeded'], success: ['成功', 'Success'], failed: ['失败', 'Failed'], up: ['正常', 'Up'], normal: ['正常', 'Normal'], done: ['已完成', 'Done'], held: ['待复核', 'Held'],
  system_administrator: ['系统管理员', 'System administrator'], security_administrator: ['安全管理员', 'Security administrator'], auditor: ['审计员', 'Auditor'],
  operator: ['运维人员', 'Operator'], checker: ['复核员', 'Checker'], flow_developer: ['流程开发人员', 'Flow developer'], business_user: ['业务人员', 'Business user'],
  department_head: ['部门负责人', 'Department head'], inspection_account: ['检查账号', 'Inspection account'],
};
export function spell(word: string, english: boolean): string {
  return spelled[word]?.[english ? 1 : 0] ?? word;
}
const remembered = localStorage.getItem('quanji.language');
void i18next.use(initReactI18next).init({
  resources: { zh: { translation: zh }, en: { translation: en } },
  lng: remembered ?? 'zh',
  fallbackLng: 'zh',
  interpolation: { escapeValue: false },
});
export default i18next;
