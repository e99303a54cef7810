// Archives as tests want them: whole ones, and ones that lie.
#pragma once
#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quanji::workbook {

struct ZipEntry {
  std::string name, bytes;
  bool pack = true;
  std::uint16_t flags = 0;
  std::uint32_t claimed_size = 0;  // 0: the true one
};

inline std::string deflated(std::string_view bytes) {
  std::string out(::compressBound(bytes.size()) + 64, '\0');
  z_stream stream = {};
  ::deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

inline std::string zip_of(const std::vector<ZipEntry>& entries) {
  std::string out, directory;
  const auto put = [](std::string& to, std::uint64_t value, int bytes) {
    for (; bytes > 0; --bytes, value >>= 8U) to += static_cast<char>(value & 0xFFU);
  };
  for (const auto& entry : entries) {
    const auto offset = out.size();
    const auto packed = entry.pack ? deflated(entry.bytes) : entry.bytes;
    const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(entry.bytes.data()), static_cast<uInt>(entry.bytes.size()));
    std::string fields;
    put(fields, 20, 2);
    put(fields, entry.flags, 2);
    put(fields, entry.pack ? 8 : 0, 2);
    put(fields, 0x00210000, 4);  // 1980-01-01
    put(fields, crc, 4);
    put(fields, packed.size(), 4);
    put(fields, entry.claimed_size != 0 ? entry.claimed_size : entry.bytes.size(), 4);
    put(fields, entry.name.size(), 2);
    put(fields, 0, 2);
    put(out, 0x04034b50, 4);
    out += fields + entry.name + packed;
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    directory += fields;
    put(directory, 0, 2);
    put(directory, 0, 4);
    put(directory, 0, 4);
    put(directory, offset, 4);
    directory += entry.name;
  }
  const auto start = out.size();
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  put(out, entries.size(), 2);
  put(out, entries.size(), 2);
  put(out, directory.size(), 4);
  put(out, start, 4);
  put(out, 0, 2);
  return out;
}

// A workbook of one sheet "S" with the given inside of <worksheet>, and styles whose cellXfs have these number formats (ids or codes).
inline std::vector<ZipEntry> workbook_entries(std::string_view inside, const std::vector<std::string>& formats = {},
                                              std::string_view workbook = "") {
  const std::string ns = R"( xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main")";
  const std::string rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const std::string head = R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)";
  std::string codes, xfs = R"(<xf numFmtId="0"/>)";
  int id = 164;
  for (const auto& format : formats) {
    if (format.size() < 4 && format.find_first_not_of("0123456789") == std::string::npos) {
      xfs += "<xf numFmtId=\"" + format + "\"/>";
    } else {
      codes += "<numFmt numFmtId=\"" + std::to_string(id) + "\" formatCode=\"" + format + "\"/>";
      xfs += "<xf numFmtId=\"" + std::to_string(id++) + "\"/>";
    }
  }
  return {
      {"[Content_Types].xml",
       head +
           R"(<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>)"},
      {"_rels/.rels",
       head + R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type=")" +
           rel + R"(/officeDocument" Target="xl/workbook.xml"/></Relationships>)"},
      {"xl/workbook.xml", head + "<workbook" + ns + " xmlns:r=\"" + rel + "\">" +
                              (workbook.empty() ? R"(<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>)" : std::string(workbook)) +
                              "</workbook>"},
      {"xl/_rels/workbook.xml.rels",
       head + R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type=")" +
           rel + R"(/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type=")" + rel +
           R"(/styles" Target="/xl/styles.xml"/><Relationship Id="rId3" Type=")" + rel +
           R"(/sharedStrings" Target="sharedStrings.xml"/></Relationships>)"},
      {"xl/styles.xml", head + "<styleSheet" + ns + ">" + (codes.empty() ? "" : "<numFmts>" + codes + "</numFmts>") +
                            "<fonts count=\"1\"><font/></fonts><fills count=\"1\"><fill/></fills><borders "
                            "count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs>" +
                            xfs + "</cellXfs></styleSheet>"},
      {"xl/worksheets/sheet1.xml", head + "<worksheet" + ns + ">" + std::string(inside) + "</worksheet>"},
  };
}

}  // namespace quanji::workbook
