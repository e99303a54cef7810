// The field lists of credentials: what each field is, its limits and what is never answered.
#include "services/credentials.h"

namespace quanji::services {
namespace {

constexpr std::int64_t name_length = 63;
constexpr std::int64_t text_length = 200;
constexpr std::int64_t remark_length = 500;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t tag_count = 20;
constexpr std::int64_t certificate_length = 16 * 1024;
constexpr std::int64_t secret_bytes = 1024, key_bytes = 32 * 1024, seed_bytes = 256, pin_bytes = 64;
constexpr std::int64_t read_many = 200;

}  // namespace

QUANJI_FIELDS(Credential,  //
              QF(id, "凭据标识", "Credential id", .flags = base::read_only),
              QF(name, "名称，部门内唯一", "Name, unique in the department", .min = 1, .max = name_length, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = text_length, .pattern = &base::printable_pattern), QF(type, "类型", "Type"),
              QF(department_id, "所属部门", "Department"), QF(owner_id, "负责人", "Owner"), QF(deputy_id, "B 角", "Deputy"),
              QF(tags, "标签", "Tags", .max = tag_count), QF(data_level, "数据级别", "Data level", .min = 1, .max = 4),
              QF(system_id, "所属应用系统", "The system it signs in to", .max = text_length, .pattern = &base::printable_pattern),
              QF(operator_no, "操作员号", "Operator number in that system", .max = text_length, .pattern = &base::printable_pattern),
              QF(username, "登录名（非密）", "Name it signs in with; not secret", .max = text_length, .pattern = &base::printable_pattern),
              QF(certificate, "证书（PEM，非密）", "Certificate in PEM; not secret", .max = certificate_length),
              QF(rights_note, "在该系统中的权限说明", "What it may do in that system", .max = remark_length,
                 .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(exclusive, "独占：同一时刻只借给一个任务", "Exclusive: one task at a time"), QF(state, "状态", "State"),
              QF(refusals, "连续被拒的登录次数", "Sign-ins refused since the last accepted one"),
              QF(breaker_open, "已熔断：须由人员复位", "The breaker is open: a person resets it"), QF(expires_at, "到期时间", "Expires"),
              QF(remind_at, "提醒时间；缺省为到期前 30 天", "When somebody is reminded; 30 days before it expires unless said"),
              QF(review_due, "权限复核到期日", "When its rights are to be reviewed"),
              QF(latest_version, "最新版本号", "Number of the latest version"),
              QF(version, "生效中的版本号", "Number of the version in force"), QF(secret_fields, "已封存的密文项", "Secrets it holds"),
              QF(next_version_at, "计划中的版本生效时间", "When a planned version takes over"),
              QF(checked_out_by, "正在占用的任务", "The task that has it checked out"),
              QF(checked_out_since, "占用开始时间", "Checked out since"), QF(algorithm, "封存算法", "Algorithm it is sealed with"),
              QF(last_rotated_at, "最近更换时间", "Last rotated"), QF(last_used_at, "最近使用时间", "Last used"),
              QF(last_used_by, "最近使用者", "Who used it last"), QF(created_at, "创建时间", "When it was made"),
              QF(created_by, "创建人", "Who made it"), QF(updated_at, "更新时间", "When it last changed"),
              QF(updated_by, "更新人", "Who changed it last"), QF(revision, "版本号", "Revision"))
#define QUANJI_SECRET_INPUTS                                                                                                \
  QF(password, "口令，只写", "Password, write-only", .min = 1, .max = secret_bytes, .flags = base::write_only),             \
      QF(private_key, "私钥，只写", "Private key, write-only", .min = 1, .max = key_bytes, .flags = base::write_only),      \
      QF(passphrase, "私钥口令，只写", "Passphrase of the private key, write-only", .min = 1, .max = secret_bytes,          \
         .flags = base::write_only),                                                                                        \
      QF(seed, "动态口令种子（base32），只写", "Seed of one-time codes in base32, write-only", .min = 1, .max = seed_bytes, \
         .flags = base::write_only),                                                                                        \
      QF(pin, "U 盾 PIN，只写", "PIN of a U-key, write-only", .min = 1, .max = pin_bytes, .flags = base::write_only),       \
      QF(sealed, "平台封存的密文", "The envelope the platform made", .flags = base::read_only)
QUANJI_FIELDS(NewCredential,  //
              QF(name, "名称，部门内唯一", "Name, unique in the department", .min = 1, .max = name_length, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = text_length, .pattern = &base::printable_pattern),
              QF(type, "类型，之后不能改", "Type, never changed afterwards"), QF(department_id, "所属部门", "Department"),
              QF(owner_id, "负责人；缺省为创建人", "Owner; who creates it unless said"), QF(deputy_id, "B 角", "Deputy"),
              QF(tags, "标签", "Tags", .max = tag_count, .fallback = "[]"),
              QF(data_level, "数据级别", "Data level", .min = 1, .max = 4, .fallback = "3"),
              QF(system_id, "所属应用系统", "The system it signs in to", .max = text_length, .pattern = &base::printable_pattern),
              QF(operator_no, "操作员号", "Operator number in that system", .max = text_length, .pattern = &base::printable_pattern),
              QF(username, "登录名（非密）", "Name it signs in with; not secret", .max = text_length, .pattern = &base::printable_pattern),
              QF(certificate, "证书（PEM，非密）", "Certificate in PEM; not secret", .max = certificate_length),
              QF(rights_note, "在该系统中的权限说明", "What it may do in that system", .max = remark_length,
                 .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(exclusive, "独占：同一时刻只借给一个任务", "Exclusive: one task at a time", .fallback = "false"),
              QF(expires_at, "到期时间", "Expires"), QF(remind_at, "提醒时间", "When somebody is reminded"),
              QF(review_due, "权限复核到期日", "When its rights are to be reviewed"), QUANJI_SECRET_INPUTS)
QUANJI_FIELDS(CredentialChange,  //
              QF(id, "凭据标识", "Credential id", .flags = base::in_path),
              QF(name, "名称，部门内唯一", "Name, unique in the department", .min = 1, .max = name_length, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = text_length, .pattern = &base::printable_pattern), QF(deputy_id, "B 角", "Deputy"),
              QF(tags, "标签", "Tags", .max = tag_count), QF(data_level, "数据级别", "Data level", .min = 1, .max = 4),
              QF(system_id, "所属应用系统", "The system it signs in to", .max = text_length, .pattern = &base::printable_pattern),
              QF(operator_no, "操作员号", "Operator number in that system", .max = text_length, .pattern = &base::printable_pattern),
              QF(username, "登录名（非密）", "Name it signs in with; not secret", .max = text_length, .pattern = &base::printable_pattern),
              QF(certificate, "证书（PEM，非密）", "Certificate in PEM; not secret", .max = certificate_length),
              QF(rights_note, "在该系统中的权限说明", "What it may do in that system", .max = remark_length,
                 .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(exclusive, "独占：同一时刻只借给一个任务", "Exclusive: one task at a time"), QF(expires_at, "到期时间", "Expires"),
              QF(remind_at, "提醒时间", "When somebody is reminded"),
              QF(review_due, "权限复核到期日", "When its rights are to be reviewed"))
QUANJI_FIELDS(CredentialRotation,  //
              QF(id, "凭据标识", "Credential id", .flags = base::in_path),
              QF(effective_from, "生效时间；缺省为立即", "Takes over then; at once unless said"),
              QF(expires_at, "新版本的到期时间", "When the new version expires"),
              QF(certificate, "新证书（PEM，非密）", "Its new certificate in PEM; not secret", .max = certificate_length),
              QUANJI_SECRET_INPUTS)
QUANJI_FIELDS(CredentialRef, QF(id, "凭据标识", "Credential id", .flags = base::in_path))
QUANJI_FIELDS(CredentialAct,  //
              QF(id, "凭据标识", "Credential id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(CredentialTransfer,  //
              QF(id, "凭据标识", "Credential id", .flags = base::in_path), QF(department_id, "新的所属部门", "The new department"),
              QF(owner_id, "新的负责人", "The new owner"),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(CredentialIds, QF(ids, "标识，最多 200 个", "Ids, 200 at most", .min = 1, .max = read_many))
QUANJI_FIELDS(CredentialItems, QF(items, "可见的那些，按给出的次序", "Those you may see, in the order asked for"))
QUANJI_FIELDS(CredentialVersion,  //
              QF(id, "版本标识", "Version id"), QF(number, "版本号", "Number"), QF(secret_fields, "已封存的密文项", "Secrets it holds"),
              QF(effective_from, "生效时间", "In force from"), QF(created_at, "创建时间", "When it was made"),
              QF(created_by, "创建人", "Who made it"))
QUANJI_FIELDS(CredentialUse,  //
              QF(at, "时间", "When"), QF(kind, "种类", "What happened"), QF(version, "版本号", "Version"),
              QF(field, "密文项", "Which secret"), QF(task, "任务", "Task"), QF(attempt, "尝试", "Attempt"),
              QF(robot_id, "机器人", "Robot"), QF(flow, "流程", "Flow"), QF(actor, "使用者", "Who"),
              QF(detail, "说明", "What is known besides"))
QUANJI_FIELDS(CredentialCheck,  //
              QF(name, "检查项", "What was looked at"), QF(ok, "是否通过", "Whether it is as it should be"),
              QF(message, "说明", "Sentence"))
QUANJI_FIELDS(CredentialTest,  //
              QF(id, "凭据标识", "Credential id"), QF(version, "版本号", "Version"), QF(ok, "是否可用", "Whether it could be used now"),
              QF(checks, "逐项结果", "Each check"))
QUANJI_FIELDS(NewCredentialGrant,  //
              QF(id, "凭据标识", "Credential id", .flags = base::in_path), QF(kind, "授予对象的种类", "What it is granted to"),
              QF(subject, "授予对象的标识", "Id of whom it is granted to", .min = 1, .max = name_length))
QUANJI_FIELDS(CredentialGrantEnd,  //
              QF(id, "凭据标识", "Credential id", .flags = base::in_path), QF(grant, "授予标识", "Id of the grant", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))

}  // namespace quanji::services
