// package.yaml: what a package is called, which version it is, which of its flows may be bound, what it needs.
// Reads foreign bytes: fuzz/package_file.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/checker.h"
#include "flow/document.h"
#include "flow/problem.h"

namespace quanji::flow {

// Semantic Versioning 2.0.0, without build metadata: "1.2.0", "1.3.0-rc.1". Numbers up to 999 999 999.
struct Version {
  std::uint32_t major = 0, minor = 0, patch = 0;
  std::vector<std::string> pre;  // "rc", "1"

  static std::optional<Version> parse(std::string_view text);
  std::string text() const;
  // By the rules of precedence of Semantic Versioning: 1.0.0-rc.2 < 1.0.0-rc.10 < 1.0.0.
  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }
};
// Conditions that all hold, separated by blanks: ">=0.3", ">=0.3 <2", "=1.2.0", "1.2" (the same as "=1.2", any 1.2.x). A version left
// short is filled up with zeros, but for `=`.
struct Requirement {
  enum class Op : std::uint8_t { equal, less, at_most, greater, at_least };
  struct Condition {
    Op op = Op::equal;
    Version version;
    int parts = 3;  // how many numbers were said
  };
  std::vector<Condition> conditions;

  static std::optional<Requirement> parse(std::string_view text);
  std::string text() const;
  bool holds_for(const Version& version) const;
};

struct PackageFile {
  std::string file;  // "package.yaml"
  Word name;
  Version version;
  Position version_at;
  std::string title;
  std::string description;
  std::vector<Word> entry;  // flows that may be bound
  std::optional<Requirement> robot;
  Needs needs;
};
struct PackageReading {
  PackageFile package;
  std::vector<Problem> problems;
  bool ok() const { return !has_errors(problems); }
};
PackageReading read_package_file(std::string_view text, std::string file = "package.yaml");

// The package against its flows: entries exist, names are unique, what flows need is declared.
std::vector<Problem> check_package(const PackageFile& package, const std::vector<const Document*>& flows);

// A whole package as its files; texts as they are.
struct SourceFile {
  std::string path;  // "flows/reconcile.yaml"
  std::string text;
};
struct PackageSources {
  SourceFile package{"package.yaml", {}};
  std::vector<SourceFile> flows;
  std::vector<std::string> python_modules;
};
struct CheckedPackage {
  PackageFile package;
  std::vector<Document> flows;
  std::vector<Problem> problems;  // by file, package.yaml first, then by place
  bool ok() const { return !has_errors(problems); }
};
CheckedPackage check_package_sources(const PackageSources& sources, const Catalogue* activities, PythonGrammar* python);

}  // namespace quanji::flow
