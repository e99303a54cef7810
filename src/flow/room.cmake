# libyaml reads YAML (docs/adr/0009); only yaml_tree.cpp includes it.
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::yaml)
# zlib: what a package archive's deflated entries are made of. libarchive is an oracle in the tests: what one of ours holds, it finds too.
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::zlib)
if(QUANJI_TESTS)
  pkg_check_modules(libarchive REQUIRED IMPORTED_TARGET libarchive)
  set(QUANJI_ROOM_TEST_LIBRARIES PkgConfig::zlib PkgConfig::libarchive)
endif()
