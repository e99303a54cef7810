// Lines of an audit export, as an auditor may be given them.
// Built with src/services/audit_line.cpp
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "domain/seal_block.h"
#include "must.h"
#include "services/audit_check.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  const auto line = services::parse_export_line(text);
  if (!line.ok()) return 0;
  must(line->block.has_value() + line->row.has_value() + line->checkpoint.has_value() == 1);
  // Nothing of a row or block can be written in two ways: a line says what its bytes say.
  if (line->block) must(services::export_line(*line->block) == std::string(text) + "\n");
  if (line->row) {
    const auto again = services::parse_export_line(text);
    must(again.ok() && again->row->canonical == line->row->canonical && again->row->trouble == line->row->trouble);
    must(services::parse_export_line(services::export_line(*line->row).substr(0, services::export_line(*line->row).size() - 1)).ok());
  }
  if (line->checkpoint)
    must(
        services::parse_export_line(
            services::export_line_of_checkpoint(*line->checkpoint).erase(services::export_line_of_checkpoint(*line->checkpoint).size() - 1))
            .ok());
  return 0;
}
