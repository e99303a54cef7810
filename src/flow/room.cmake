# libyaml reads YAML (docs/adr/0009); only yaml_tree.cpp includes it.
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::yaml)
