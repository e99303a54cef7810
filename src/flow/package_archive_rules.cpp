#include "flow/package_archive_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/package_archive_names.h"

namespace quanji::flow {
namespace {

using enum ArchiveReason;

constexpr base::Sentence pack_again = {"请用 quanji package pack 重新打包", "Pack the folder again with quanji package pack"};
constexpr base::Sentence fetch_again = {"请重新获取该文件", "Fetch the file again"};
constexpr base::Sentence rename_it = {"请改名后重新打包", "Give it another name and pack again"};
constexpr base::Sentence do_not_use = {"内容不可信，请向签名者索取原件", "Do not use it; ask its signer for the original"};

constexpr ArchiveRule rules[] = {
    {not_a_zip, "not_a_zip", {"不是 zip 归档", "is no zip archive"}, pack_again},
    {cut_short, "cut_short", {"归档不完整，缺少结尾", "is cut short: its end is missing"}, fetch_again},
    {packed_too_large,
     "packed_too_large",
     {"归档超过大小上限", "is larger than a package may be"},
     {"请去掉不需要的资源", "Leave out what it does not need"}},
    {data_before, "data_before", {"第一个条目之前有多余数据", "holds data before its first entry"}, pack_again},
    {data_after, "data_after", {"归档结尾之后有多余数据", "holds data after its end"}, pack_again},
    {archive_comment, "archive_comment", {"归档带有注释", "carries an archive comment"}, pack_again},
    {second_ending,
     "second_ending",
     {"含有第二个归档结尾，不同程序会读出不同内容", "holds a second ending, so readers would disagree"},
     pack_again},
    {several_disks, "several_disks", {"是分卷归档", "is split over several disks"}, pack_again},
    {zip64, "zip64", {"使用了 zip64", "uses zip64"}, pack_again},
    {broken_directory, "broken_directory", {"中央目录损坏", "has a broken central directory"}, fetch_again},
    {hidden_data, "hidden_data", {"含有不属于任何条目的数据", "hides data that belongs to no entry"}, pack_again},
    {overlap, "overlap", {"与其他条目重叠", "overlaps another entry"}, do_not_use},
    {headers_disagree,
     "headers_disagree",
     {"本地头与中央目录不一致", "has a local header that disagrees with the central directory"},
     do_not_use},
    {unknown_flags, "unknown_flags", {"使用了不支持的标志", "uses flags that are not supported"}, pack_again},
    {encrypted, "encrypted", {"是加密条目", "is encrypted"}, {"请勿加密打包", "Pack it without a password"}},
    {data_descriptor,
     "data_descriptor",
     {"大小写在数据之后（数据描述符）", "tells its size only after its data (data descriptor)"},
     pack_again},
    {unknown_method, "unknown_method", {"压缩方法不是存储或 deflate", "is neither stored nor deflated"}, pack_again},
    {extra_field, "extra_field", {"带有附加字段", "carries an extra field"}, pack_again},
    {entry_comment, "entry_comment", {"条目带有注释", "carries a comment"}, pack_again},
    {folder_entry,
     "folder_entry",
     {"是目录条目；目录由文件路径得出", "is an entry for a folder; folders follow from the paths of files"},
     pack_again},
    {special_file,
     "special_file",
     {"不是普通文件（链接、设备、管道等）", "is no plain file (a link, a device, a pipe …)"},
     {"请换成普通文件", "Put a plain file in its place"}},
    {set_id_bits, "set_id_bits", {"带有 setuid、setgid 或 sticky 位", "carries setuid, setgid or sticky bits"}, pack_again},
    {encoding_unsaid,
     "encoding_unsaid",
     {"名称非 ASCII 却未声明 UTF-8", "has a name beyond ASCII that is not said to be UTF-8"},
     pack_again},
    {wrong_order, "wrong_order", {"条目未按路径的字节顺序排列", "does not stand in the byte order of the paths"}, pack_again},
    {too_many_files, "too_many_files", {"文件数超过上限", "holds more files than a package may"}, {"请减少文件", "Leave some out"}},
    {unpacked_too_large,
     "unpacked_too_large",
     {"解包后超过大小上限", "is larger unpacked than a package may be"},
     {"请去掉不需要的资源", "Leave out what it does not need"}},
    {ratio, "ratio", {"压缩比不合理", "has a ratio of packed to unpacked size that is out of bounds"}, pack_again},
    {too_deep, "too_deep", {"目录层次过深", "lies too deep"}, {"请减少目录层次", "Use fewer folders in one another"}},
    {file_too_large, "file_too_large", {"该文件超过大小上限", "is larger than this file may be"}, {"请缩小该文件", "Make it smaller"}},
    {empty_part, "empty_part", {"路径中有空的部分", "has an empty part in its path"}, rename_it},
    {dot_part, "dot_part", {"路径中有 . 或 ..", "has . or .. in its path"}, rename_it},
    {absolute_path, "absolute_path", {"是绝对路径", "has an absolute path"}, rename_it},
    {drive_letter, "drive_letter", {"带有盘符", "begins with a drive letter"}, rename_it},
    {backslash, "backslash", {"路径中有反斜杠", "has a backslash in its path"}, rename_it},
    {control_character, "control_character", {"名称中有控制字符", "has a control character in its name"}, rename_it},
    {forbidden_character, "forbidden_character", {"名称中有 < > : \" | ? * 之一", "has one of < > : \" | ? * in its name"}, rename_it},
    {invisible_character,
     "invisible_character",
     {"名称中有不可见、私用或未分配的字符", "has an invisible, private or unassigned character in its name"},
     rename_it},
    {not_utf8, "not_utf8", {"名称不是 UTF-8", "has a name that is not UTF-8"}, rename_it},
    {not_composed,
     "not_composed",
     {"名称不是合成形式（NFC），或含组合符号", "has a name that is not in composed form (NFC) or holds combining marks"},
     rename_it},
    {outer_dot_or_space,
     "outer_dot_or_space",
     {"路径中有部分以空格开头，或以点或空格结尾", "has a part that begins with a space or ends with a dot or a space"},
     rename_it},
    {device_name, "device_name", {"是 Windows 的设备名", "has the name of a device on Windows"}, rename_it},
    {name_too_long,
     "name_too_long",
     {"名称过长（一段 255 字节，整个路径 1024 字节）", "has too long a name (255 bytes a part, 1024 the path)"},
     rename_it},
    {same_name, "same_name", {"路径重复", "stands there twice"}, pack_again},
    {same_name_folded, "same_name_folded", {"与另一路径仅大小写不同", "differs from another path by capitals only"}, rename_it},
    {file_and_folder, "file_and_folder", {"既是文件又是目录", "is both a file and a folder"}, rename_it},
    {wrong_place,
     "wrong_place",
     {"不在允许的位置（package.yaml、flows/、python/、resources/、tests/）",
      "stands where nothing may (package.yaml, flows/, python/, resources/, tests/)"},
     {"请移入 resources/ 或删除", "Move it into resources/ or take it away"}},
    {broken_data, "broken_data", {"压缩数据损坏", "has broken compressed data"}, fetch_again},
    {wrong_size, "wrong_size", {"实际大小与声明不符", "is not as large as it says"}, do_not_use},
    {wrong_checksum, "wrong_checksum", {"校验和不符", "has another checksum than it says"}, fetch_again},
    {package_file_missing,
     "package_file_missing",
     {"缺少 package.yaml", "has no package.yaml"},
     {"请在顶层加入 package.yaml", "Put a package.yaml at its top"}},
    {package_file_wrong,
     "package_file_wrong",
     {"其 name 或 version 不可用", "has no name and version that can be used"},
     {"name 为小写字母、数字、_、-，version 形如 1.2.0", "name: lower case letters, digits, _ and -; version: like 1.2.0"}},
    {signature_not_last,
     "signature_not_last",
     {"signature.json 不是最后一个条目", "is not the last entry, as signature.json must be"},
     {"请重新签名", "Sign it again"}},
    {changed_meanwhile,
     "changed_meanwhile",
     {"读取期间文件被改动", "was changed while it was read"},
     {"请稍后重试", "Try again when nobody writes to it"}},
    {not_signed, "not_signed", {"没有签名", "is not signed"}, {"请用 quanji package sign 签名", "Sign it with quanji package sign"}},
    {signature_unreadable,
     "signature_unreadable",
     {"signature.json 的内容不符合格式", "is not written as a signature is"},
     {"请重新签名", "Sign it again"}},
    {unknown_key,
     "unknown_key",
     {"签名所用密钥不在受信列表中", "is signed by a key that is not among the trusted ones"},
     {"请确认签名者，并给出其公钥", "Make sure who signed it, and give the signer's public key"}},
    {wrong_algorithm, "wrong_algorithm", {"签名算法与密钥不符", "names another algorithm than the key has"}, do_not_use},
    {wrong_signature, "wrong_signature", {"签名不成立", "has a signature that does not hold"}, do_not_use},
    {file_not_signed, "file_not_signed", {"不在签名的文件列表中", "is not among the files that were signed"}, do_not_use},
    {file_missing, "file_missing", {"签名中列出的文件不在包内", "was signed and is not there"}, do_not_use},
    {file_changed, "file_changed", {"内容与签名时不同", "is not as it was signed"}, do_not_use},
};

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::span<const ArchiveRule> archive_rules() { return rules; }
std::string_view to_text(ArchiveReason reason) { return rules[static_cast<std::size_t>(reason)].word; }

base::Error refuse_archive(ArchiveReason reason, std::string_view entry, const base::Text& more) {
  const auto& row = rules[static_cast<std::size_t>(reason)];
  const auto name = printable_name(entry);
  const auto zh = fmt::format("流程包被拒绝：{}{}{}。{}。", name.empty() ? std::string("归档") : "“" + name + "”", row.rule.zh,
                              more.zh.empty() ? "" : "（" + more.zh + "）", row.mend.zh);
  const auto en = fmt::format("The package was refused: {} {}{}. {}.", name.empty() ? std::string("the archive") : "\"" + name + "\"",
                              row.rule.en, more.en.empty() ? "" : " (" + more.en + ")", row.mend.en);
  return {base::Code::package_refused, base::Text(zh, en), fmt::format("{}: {}", row.word, name)};
}

std::optional<ArchiveReason> archive_reason_of(const base::Error& error) {
  if (error.code() != base::Code::package_refused) return std::nullopt;
  const auto word = std::string_view(error.detail()).substr(0, error.detail().find(':'));
  const auto found = std::find_if(std::begin(rules), std::end(rules), [&](const ArchiveRule& row) { return row.word == word; });
  if (found == std::end(rules)) return std::nullopt;
  return found->reason;
}

std::string archive_rules_page() {
  std::string out = "| 代码 reason | 规则 what is refused | 办法 how to mend it |\n|---|---|---|\n";
  for (const auto& row : rules)
    out +=
        fmt::format("| `{}` | {} · {} | {} · {} |\n", row.word, cell(row.rule.zh), cell(row.rule.en), cell(row.mend.zh), cell(row.mend.en));
  return out;
}

}  // namespace quanji::flow
