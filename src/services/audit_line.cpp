// The lines of an export, written and read: pure, so that the reader can be fuzzed without a store.
#include <boost/json.hpp>
#include <charconv>

#include "base/fields_json.h"
#include "services/audit_check.h"

namespace quanji::services {

namespace {
constexpr std::string_view block_start = R"({"kind":"block","mac":")", block_middle = R"(","block":")", block_end = R"("})";
constexpr std::string_view row_start = R"({"kind":"row","place":)", row_seq = R"(,"seq":)", row_mac = R"(,"mac":")",
                           row_row = R"(","row":)";
constexpr std::string_view checkpoint_start = R"({"kind":"checkpoint","document":)";

// Everything up to `end`, which is taken too.
bool take_until(std::string_view& text, std::string_view end, std::string_view& taken) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return false;
  taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return true;
}
bool number_of(std::string_view text, std::int64_t& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}
base::Error bad_line(const char* what) {
  return {base::Code::unreadable_body,
          base::Text(std::string("导出文件中有一行无法读取：") + what, std::string("A line of the export cannot be read: ") + what), what};
}
}  // namespace

std::string export_line(const domain::SealBlock& block) {
  std::string out(block_start);
  out += base::hex(block.mac);
  out += block_middle;
  out += base::base64(domain::mac_input(block));
  out += block_end;
  out += '\n';
  return out;
}
std::string export_line(const StoredRow& row) {
  std::string out(row_start);
  out.reserve(160 + row.canonical.size());
  out += std::to_string(row.place);
  out += row_seq;
  out += std::to_string(row.seq);
  out += row_mac;
  out += base::hex(row.mac);
  out += row_row;
  out += row.canonical;
  out += "}\n";
  return out;
}
std::string export_line_of_checkpoint(std::string_view document) {
  std::string out(checkpoint_start);
  domain::append_exact_json_string(out, document);
  out += "}\n";
  return out;
}

Result<ExportLine> parse_export_line(std::string_view line) {
  ExportLine out;
  std::string_view part;
  if (line.starts_with(row_start)) {
    line.remove_prefix(row_start.size());
    auto& row = out.row.emplace();
    if (!take_until(line, row_seq, part) || !number_of(part, row.place)) return bad_line("place");
    if (!take_until(line, row_mac, part) || !number_of(part, row.seq) || row.seq <= 0) return bad_line("seq");
    if (!take_until(line, row_row, part)) return bad_line("mac");
    auto mac = base::from_hex(part);
    if (!mac || base::hex(*mac) != part) return bad_line("mac");
    row.mac = std::move(mac).value();
    if (!line.ends_with('}')) return bad_line("end of row");
    row.canonical = line.substr(0, line.size() - 1);
    // Algorithm and key are needed to check the MAC, the id to name the row; the MAC is over the bytes as they stand.
    if (auto parsed = domain::parse_audit_row(row.canonical)) {
      row.id = parsed->id.text();
      row.algorithm = parsed->algorithm;
      row.key_id = parsed->key_id;
    } else {
      row.trouble = "the row cannot be read: " + parsed.error().detail();
    }
    return out;
  }
  if (line.starts_with(block_start)) {
    line.remove_prefix(block_start.size());
    if (!take_until(line, block_middle, part)) return bad_line("block");
    auto mac = base::from_hex(part);
    if (!mac || mac->size() != 32 || base::hex(*mac) != part) return bad_line("mac of a block");
    if (!line.ends_with(block_end)) return bad_line("end of block");
    auto bytes = base::from_base64(line.substr(0, line.size() - block_end.size()));
    if (!bytes) return bad_line("block is not base64");
    QUANJI_TRY(auto block, domain::parse_mac_input(*bytes));
    std::copy(mac->begin(), mac->end(), block.mac.begin());
    out.block = std::move(block);
    return out;
  }
  if (line.starts_with(checkpoint_start)) {
    QUANJI_TRY(const auto value, base::parse_json(line));
    const auto* object = value.if_object();
    const auto* document = object ? object->if_contains("document") : nullptr;
    if (!document || !document->is_string()) return bad_line("checkpoint");
    out.checkpoint.emplace(document->get_string());
    return out;
  }
  return bad_line("neither row nor block nor checkpoint");
}

}  // namespace quanji::services
