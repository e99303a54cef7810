pkg_check_modules(botan REQUIRED IMPORTED_TARGET botan-2)
find_package(fmt REQUIRED)
target_link_libraries(${QUANJI_ROOM_TARGET} PUBLIC fmt::fmt boost_json PRIVATE spdlog PkgConfig::botan)
